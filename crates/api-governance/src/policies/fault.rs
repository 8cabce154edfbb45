//! Faults of policies as problems: every one of them, with its pointer into the body.

use axum::http::StatusCode;
use clasper_http::Problem;
use clasper_policy::{Error, PolicyFault};

/// The problem of a refused use case. `pointer` says where in the body the policy of a fault stands.
pub(crate) fn refused(error: Error, pointer: impl Fn(&PolicyFault) -> String) -> Problem {
    match error {
        Error::Faults(faults) => {
            let detail = Error::Faults(faults.clone()).to_string();
            let problem = Problem::new(StatusCode::BAD_REQUEST, "invalid_policy", detail);
            faults.iter().fold(problem, |problem, fault| {
                problem.at(pointer(fault), in_words(fault))
            })
        }
        other => Problem::from(other),
    }
}

/// A fault's pointer into a body that is the policy itself.
pub(crate) fn in_body(fault: &PolicyFault) -> String {
    fault.pointer.clone()
}

fn in_words(fault: &PolicyFault) -> String {
    match fault.line {
        Some(line) => format!("line {line}: {}", fault.detail),
        None => fault.detail.clone(),
    }
}
