"""Verifies a webhook of Clasper with the Standard Webhooks library: `pip install standardwebhooks`.

Reads one message from standard input, as JSON: {"secret": "whsec_…", "headers": {…}, "body": "…"}. Ends with 0 and prints the
message's type when the signature holds, with 1 when it does not.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

message = json.load(sys.stdin)
try:
    event = Webhook(message["secret"]).verify(message["body"], message["headers"])
except WebhookVerificationError as refusal:
    sys.exit(f"refused: {refusal}")
print(event["type"])
