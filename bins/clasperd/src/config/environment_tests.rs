//! What variables set.

use super::*;
use crate::config::Config;

fn load(variables: &[(&str, &str)]) -> Result<Config> {
    let all = variables
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    Config::load(None, &ProcessEnvironment(all))
}

#[test]
fn every_variable_has_a_place_of_its_kind() {
    for (name, _, kind) in VARIABLES {
        let value = match (kind, *name) {
            (Kind::Number | Kind::Port, _) => "1",
            (Kind::Switch, _) => "true",
            (_, "CLASPER_MIGRATE") => "refuse",
            (_, "CLASPER_WEBHOOK_PLAIN_HTTP") => "refused",
            (_, "CLASPER_TELEMETRY_SIGNATURE_MODE") => "warn",
            _ => "12345",
        };
        load(&[(name, value)]).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    }
}

#[test]
fn a_secret_of_digits_stays_text_and_is_never_shown() {
    let config = load(&[("AGENT_JWT_SECRET", "12345678901234567890123456789012")]).expect("fits");
    let shown = serde_json::to_string(&config).expect("JSON");
    assert!(!shown.contains("1234567890"), "{shown}");
    assert!(!format!("{config:?}").contains("1234567890"));
}

#[test]
fn missing_and_weak_secrets_are_named() {
    let problems = load(&[("AGENT_JWT_SECRET", "short")])
        .expect("loads")
        .problems();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].starts_with("AGENT_JWT_SECRET has 5 bytes"));
    assert!(problems[1].starts_with("AGENT_DAEMON_API_KEY is not set"));
}

const AGENT: (&str, &str) = ("AGENT_JWT_SECRET", "an agent secret of more than 32 bytes");
const DAEMON: (&str, &str) = (
    "AGENT_DAEMON_API_KEY",
    "a daemon key of more than 32 bytes!",
);

fn problems_with(adapter_secret: &str) -> Vec<String> {
    let adapter = ("ADAPTER_JWT_SECRET", adapter_secret);
    load(&[AGENT, DAEMON, adapter]).expect("loads").problems()
}

#[test]
fn a_server_starts_without_adapters_or_with_a_secret_of_their_own() {
    for secret in ["", "an adapter secret of more than 32 bytes"] {
        assert_eq!(problems_with(secret), Vec::<String>::new());
    }
}

#[test]
fn an_adapters_secret_that_is_weak_or_another_doors_keeps_the_server_from_starting() {
    assert!(problems_with("short")[0].starts_with("ADAPTER_JWT_SECRET has 5 bytes"));
    for (other, secret) in [AGENT, DAEMON] {
        let problems = problems_with(secret);
        let expected = format!("ADAPTER_JWT_SECRET is the same as {other}");
        assert!(problems[0].starts_with(&expected), "{problems:?}");
        assert!(!problems[0].contains(secret), "{problems:?}");
    }
}

#[test]
fn adapter_tokens_that_may_not_live_keep_the_server_from_starting() {
    let never = ("CLASPER_ADAPTER_TOKEN_LIFE_SECS", "0");
    let problems = load(&[AGENT, DAEMON, never]).expect("loads").problems();
    assert!(problems[0].starts_with("CLASPER_ADAPTER_TOKEN_LIFE_SECS is 0"));
}
