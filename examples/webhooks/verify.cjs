// Verifies a webhook of Clasper with the Standard Webhooks library: `npm install standardwebhooks`.
//
// Reads one message from standard input, as JSON: {"secret": "whsec_…", "headers": {…}, "body": "…"}. Ends with 0 and prints the
// message's type when the signature holds, with 1 when it does not.

const { readFileSync } = require("node:fs");
const { Webhook } = require("standardwebhooks");

const message = JSON.parse(readFileSync(0, "utf8"));
try {
  const event = new Webhook(message.secret).verify(message.body, message.headers);
  console.log(event.type);
} catch (refusal) {
  console.error(`refused: ${refusal.message}`);
  process.exit(1);
}
