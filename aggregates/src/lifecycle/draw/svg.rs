//! The layout as SVG 1.1.

use std::fmt::Write as _;

use super::layout::{LINE_HEIGHT, Layout, MARGIN, NODE_WIDTH, Node, Side, layout, wrapped};
use crate::lifecycle::{Lifecycle, Step};

const INK: &str = "#1b2a36";
const THIN: &str = "#7b8894";
const AWAITED: &str = "#2b6cb0";

/// Characters of one line below the picture, for its width.
const fn line_chars(width: u32) -> usize {
    ((width - 2 * MARGIN) / 7) as usize
}

pub(in crate::lifecycle) fn svg(lifecycle: &Lifecycle) -> String {
    let picture = layout(lifecycle);
    let mut body = String::new();
    title(&mut body, lifecycle);
    for side in &picture.sides {
        draw_side(&mut body, side);
    }
    draw_course(&mut body, &picture);
    for node in &picture.nodes {
        draw_node(&mut body, node);
    }
    for side in &picture.sides {
        draw_number(&mut body, side);
    }
    let height = draw_list(&mut body, lifecycle, &picture);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"'Noto Sans','DejaVu Sans',Arial,sans-serif\" font-size=\"13\" fill=\"{INK}\" role=\"img\">\n\
         <title>{}</title>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\" \
         markerUnits=\"userSpaceOnUse\"><path d=\"M0 0L8 4L0 8z\" fill=\"context-stroke\"/></marker></defs>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{body}</svg>\n",
        escaped(&lifecycle.title.vi),
        width = picture.width,
    )
}

fn line(body: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a String can't fail.
    let _ = writeln!(body, "{words}");
}

fn title(body: &mut String, lifecycle: &Lifecycle) {
    let y = MARGIN + 14;
    line(
        body,
        format_args!(
            "<text x=\"{MARGIN}\" y=\"{y}\" font-size=\"18\" font-weight=\"bold\">{}</text>\n\
             <text x=\"{MARGIN}\" y=\"{}\" fill=\"{THIN}\">{} {}, hiệu lực từ {}</text>",
            escaped(&lifecycle.title.vi),
            y + 20,
            escaped(&lifecycle.code),
            escaped(&lifecycle.version),
            lifecycle.valid_from.format("%d/%m/%Y"),
        ),
    );
}

fn draw_course(body: &mut String, picture: &Layout<'_>) {
    let x = picture.course_x + NODE_WIDTH / 2;
    let first = picture.nodes.first().map_or(0, |node| node.y);
    let begin = picture.start.map(|step| (step, first.saturating_sub(40), first));
    let steps = picture
        .course
        .iter()
        .map(|course| (course.step, course.from_y, course.to_y));
    for (step, from, to) in begin.into_iter().chain(steps) {
        line(
            body,
            format_args!(
                "<path d=\"M{x} {from}V{to}\" stroke=\"{INK}\" stroke-width=\"3\" fill=\"none\" marker-end=\"url(#tip)\"/>\n\
                 <text x=\"{}\" y=\"{}\" font-weight=\"bold\">{}</text>",
                x + 10,
                u32::midpoint(from, to) + 4,
                escaped(&step.title.vi),
            ),
        );
    }
}

fn draw_node(body: &mut String, node: &Node<'_>) {
    let (fill, rim) = if node.state.is_final {
        ("#e8edf2", 3)
    } else {
        ("#f7fafc", 1)
    };
    line(
        body,
        format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{NODE_WIDTH}\" height=\"{}\" rx=\"8\" fill=\"{fill}\" stroke=\"{INK}\" \
             stroke-width=\"{rim}\"/>",
            node.x, node.y, node.height,
        ),
    );
    let lines = u32::try_from(node.lines.len()).unwrap_or(1);
    let top = node.y + (node.height - lines * LINE_HEIGHT) / 2 + 13;
    for (index, words) in (0..).zip(&node.lines) {
        line(
            body,
            format_args!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                node.x + NODE_WIDTH / 2,
                top + index * LINE_HEIGHT,
                escaped(words),
            ),
        );
    }
}

const fn colour(side: &Side<'_>) -> &'static str {
    if side.main { AWAITED } else { THIN }
}

fn draw_side(body: &mut String, side: &Side<'_>) {
    let (x, (target_x, target_y)) = (side.x, side.target);
    let heights = || side.from.iter().map(|(_, y)| *y).chain([target_y]);
    let (top, bottom) = (heights().min().unwrap_or(0), heights().max().unwrap_or(0));
    let mut path = format!("M{x} {top}V{bottom}");
    for (from_x, from_y) in &side.from {
        let _ = write!(path, "M{from_x} {from_y}H{x}");
    }
    let stroke = colour(side);
    line(
        body,
        format_args!(
            "<path d=\"{path}\" stroke=\"{stroke}\" stroke-width=\"1\" fill=\"none\"/>\n\
             <path d=\"M{x} {target_y}H{target_x}\" stroke=\"{stroke}\" stroke-width=\"1\" fill=\"none\" marker-end=\"url(#tip)\"/>",
        ),
    );
}

/// The number stands on the line where it turns to its target.
fn draw_number(body: &mut String, side: &Side<'_>) {
    let (x, y) = (side.x, side.target.1);
    line(
        body,
        format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"8\" fill=\"#fff\" stroke=\"{}\"/>\n\
             <text x=\"{x}\" y=\"{}\" font-size=\"9\" text-anchor=\"middle\">{}</text>",
            colour(side),
            y + 3,
            side.number,
        ),
    );
}

/// What the numbers mean, and what happens without a change of state. Gives back where the page ends.
fn draw_list(body: &mut String, lifecycle: &Lifecycle, picture: &Layout<'_>) -> u32 {
    let mut y = picture.height + MARGIN;
    let mut entry = |words: &str, bold: bool| {
        let weight = if bold { " font-weight=\"bold\"" } else { "" };
        for (index, part) in wrapped(words, line_chars(picture.width)).iter().enumerate() {
            let indent = if index > 0 { 22 } else { 0 };
            line(
                body,
                format_args!(
                    "<text x=\"{}\" y=\"{y}\"{weight}>{}</text>",
                    MARGIN + indent,
                    escaped(part)
                ),
            );
            y += LINE_HEIGHT + 2;
        }
    };
    entry("Các bước khác (số trên hình)", true);
    for side in &picture.sides {
        entry(
            &format!(
                "{}. {} → {} ({})",
                side.number, side.step.title.vi, side.to.vi, side.step.article
            ),
            false,
        );
    }
    let stays = |step: &&Step| step.to.is_none() && step.on_fail.is_none();
    let staying: Vec<&str> = lifecycle
        .steps
        .iter()
        .filter(stays)
        .map(|step| step.title.vi.as_str())
        .collect();
    if !staying.is_empty() {
        entry("Các bước không đổi trạng thái", true);
        entry(&staying.join(" · "), false);
    }
    y + MARGIN
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
