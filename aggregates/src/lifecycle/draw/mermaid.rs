//! Mermaid flow charts (<https://mermaid.js.org/syntax/flowchart.html>).

use std::fmt::Write as _;

use super::{course, moves};
use crate::lifecycle::Lifecycle;

pub(in crate::lifecycle) fn mermaid(lifecycle: &Lifecycle) -> String {
    let mut text = format!(
        "---\ntitle: {}\n---\nflowchart TD\n",
        quoted(&format!(
            "{} ({} {})",
            lifecycle.title.vi, lifecycle.code, lifecycle.version
        ))
    );
    for state in &lifecycle.states {
        let (open, close) = if state.is_final { ("([", "])") } else { ("[", "]") };
        line(
            &mut text,
            format_args!("    {}{open}{}{close}", node(&state.id), quoted(&state.vi)),
        );
    }
    let course: Vec<(&str, &str)> = course(lifecycle)
        .windows(2)
        .filter_map(|pair| Some((pair[0].0, pair[1].1?.id.as_str())))
        .collect();
    for movement in moves(lifecycle) {
        for from in &movement.from {
            let is_course = course.contains(&(from, movement.step.id.as_str()));
            let arrow = if is_course {
                "==>"
            } else if movement.main && movement.step.is_main_from(from) {
                "-->"
            } else {
                "-.->"
            };
            line(
                &mut text,
                format_args!(
                    "    {} {arrow}|{}| {}",
                    node(from),
                    quoted(&movement.step.title.vi),
                    node(movement.to)
                ),
            );
        }
    }
    text
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a String can't fail.
    let _ = writeln!(text, "{words}");
}

/// A node's name. A word such as `end` would be read as the language's own.
fn node(id: &str) -> String {
    format!("state_{}", id.replace('-', "_"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('#', "#35;").replace('"', "#quot;"))
}
