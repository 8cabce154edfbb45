//! A comparison as text for people.

use std::fmt::Write as _;

use crate::diff::TraceDiff;

/// The comparison in a few lines of plain text.
#[must_use]
pub fn summary_text(diff: &TraceDiff) -> String {
    let mut text = format!(
        "Trace {} compared with {}\n",
        diff.traces.compare, diff.traces.base
    );
    let mut line = |said: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{said}");
    };
    match &diff.first_divergence {
        None => line(format_args!("Every step does the same.")),
        Some(divergence) => {
            let step = &divergence.step;
            let place = match (step.base, step.compare) {
                (Some(base), Some(compare)) if base == compare => format!("step {base}"),
                (Some(base), Some(compare)) => {
                    format!("step {base} of the base, step {compare} of the other")
                }
                (Some(base), None) => format!("step {base} of the base"),
                (None, Some(compare)) => format!("step {compare} of the other"),
                (None, None) => "no step".to_owned(),
            };
            line(format_args!(
                "They part at {place}: {}.",
                divergence.explanation
            ));
        }
    }
    let steps = &diff.steps;
    line(format_args!(
        "Steps: {} and {}; {} the same, {} changed, {} on one side only.",
        steps.base_count,
        steps.compare_count,
        steps.same_count,
        steps.changed_count,
        steps.structural_count
    ));
    let calls = &diff.calls;
    line(format_args!(
        "Tool calls: {} and {}; {} added, {} removed, {} changed.",
        calls.base_count,
        calls.compare_count,
        calls.added_count,
        calls.removed_count,
        calls.changed_count
    ));
    line(format_args!(
        "Duration: {} ms and {} ms. Cost: ${} and ${}. Tokens: {} + {} and {} + {}.",
        diff.duration.base,
        diff.duration.compare,
        diff.cost.base.normalize(),
        diff.cost.compare.normalize(),
        diff.input_tokens.base,
        diff.output_tokens.base,
        diff.input_tokens.compare,
        diff.output_tokens.compare
    ));
    let significant = diff.significant_changes();
    if significant.is_empty() {
        line(format_args!("Nothing of it matters."));
    } else {
        line(format_args!("What matters:"));
        for change in significant {
            line(format_args!("- {change}"));
        }
    }
    text
}
