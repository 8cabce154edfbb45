//! Tokens on the way out, values on the way back.

use std::sync::Arc;

use clasper_redaction::{Entity, Reidentifier, SessionVault, Strategy, reidentify};
use proptest::prelude::*;

use crate::properties::shared;

#[test]
fn equal_values_get_one_token_and_come_back() {
    let redactor = shared().with_strategy(Strategy::Tokenise);
    let vault = Arc::new(SessionVault::new(100));
    let text = "bob@example.com wrote to eve@example.com and bob@example.com from 10.0.0.1";
    let sent = redactor.redact_with(text, &*vault).expect("room").text;
    assert_eq!(
        sent,
        "⟦EMAIL_1⟧ wrote to ⟦EMAIL_2⟧ and ⟦EMAIL_1⟧ from ⟦IP_ADDRESS_1⟧"
    );
    assert_eq!(reidentify(&sent, vault.clone()).expect("a vault"), text);
    let twice = redactor.redact_with(&sent, &*vault).expect("room");
    assert_eq!(twice.text, sent, "tokens are not found again");
}

#[test]
fn readers_see_the_kinds_they_may_see() {
    let vault = Arc::new(SessionVault::new(100));
    let redactor = shared().with_strategy(Strategy::Tokenise);
    let sent = redactor
        .redact_with("bob@example.com at 10.0.0.1", &*vault)
        .expect("room")
        .text;
    let mut reader = Reidentifier::new(vault).only(&[Entity::IpAddress]);
    let mut seen = reader.push(sent.as_bytes()).expect("a vault");
    seen.push_str(&reader.finish().expect("a vault"));
    assert_eq!(seen, "⟦EMAIL_1⟧ at 10.0.0.1");
}

proptest! {
    #[test]
    fn values_come_back_however_the_answer_is_cut(
        before in "[a-z⟦⟧ ]{0,90}",
        size in 1..30_usize,
    ) {
        let vault = Arc::new(SessionVault::new(100));
        let redactor = shared().with_strategy(Strategy::Tokenise);
        let sent = redactor.redact_with("x bob@example.com y ", &*vault).expect("room").text;
        let answer = format!("{before}{sent}{before}⟦EMAIL_9⟧⟦{sent}⟦EMAIL_");
        let mut reader = Reidentifier::new(vault);
        let mut seen = String::new();
        for chunk in answer.as_bytes().chunks(size) {
            seen.push_str(&reader.push(chunk).expect("a vault"));
        }
        seen.push_str(&reader.finish().expect("a vault"));
        prop_assert_eq!(seen, answer.replace("⟦EMAIL_1⟧", "bob@example.com"));
    }
}
