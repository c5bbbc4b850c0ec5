//! Charts drawn on the server as SVG: no script, readable by screen readers (title, description, text labels), and never the only
//! place of a figure: every page that shows one offers the same figures as a table.

use std::fmt::Write as _;

/// One bar: a label, the value that its length shows, and the value as text.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Label.
    pub label: String,
    /// Value.
    pub value: u64,
    /// The value as people read it.
    pub text: String,
}

/// A group of columns, one for each series.
#[derive(Debug, Clone)]
pub struct Group {
    /// Label under the group.
    pub label: String,
    /// One value for each series, with its text.
    pub values: Vec<(u64, String)>,
}

/// What a chart says to those who don't see it.
#[derive(Debug, Clone, Copy)]
pub struct Caption<'a> {
    /// Unique within the page; ASCII.
    pub id: &'a str,
    /// Title.
    pub title: &'a str,
    /// Description.
    pub description: &'a str,
    /// Unit of the values, e.g. `triệu đồng`.
    pub unit: &'a str,
    /// What stands there when there are no figures.
    pub empty: &'a str,
}

const WIDTH: u32 = 560;
const LABEL_WIDTH: u32 = 190;
const VALUE_WIDTH: u32 = 110;
const ROW_HEIGHT: u32 = 26;

/// Escapes text for SVG (and HTML): element text and double-quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The length that shows `value` when `largest` takes `whole`; something visible for anything above zero.
fn scaled(value: u64, largest: u64, whole: u32) -> u32 {
    if value == 0 || largest == 0 {
        return 0;
    }
    let length = u128::from(value) * u128::from(whole) / u128::from(largest);
    u32::try_from(length).unwrap_or(whole).clamp(2, whole.max(2))
}

fn open(caption: Caption<'_>, height: u32) -> String {
    let Caption {
        id,
        title,
        description,
        unit,
        ..
    } = caption;
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{} ({})</desc>",
        escape(title),
        escape(description),
        escape(unit)
    )
}

fn nothing(caption: Caption<'_>) -> String {
    let mut svg = open(caption, 60);
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"34\" text-anchor=\"middle\" class=\"small\">{}</text></svg>",
        WIDTH / 2,
        escape(caption.empty)
    );
    svg
}

/// Horizontal bars, one under the other.
pub fn bars(caption: Caption<'_>, bars: &[Bar]) -> String {
    let largest = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    if largest == 0 {
        return nothing(caption);
    }
    let height = u32::try_from(bars.len()).unwrap_or(0) * ROW_HEIGHT + 24;
    let room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
    let mut svg = open(caption, height);
    let _ = write!(
        svg,
        "<text x=\"{LABEL_WIDTH}\" y=\"13\" class=\"small\">{}</text>",
        escape(caption.unit)
    );
    for (row, bar) in bars.iter().enumerate() {
        let top = u32::try_from(row).unwrap_or(0) * ROW_HEIGHT + 22;
        let length = scaled(bar.value, largest, room);
        let baseline = top + 14;
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text>\
             <rect class=\"back\" x=\"{LABEL_WIDTH}\" y=\"{top}\" width=\"{room}\" height=\"18\"/>\
             <rect class=\"s0\" x=\"{LABEL_WIDTH}\" y=\"{top}\" width=\"{length}\" height=\"18\"/>\
             <text x=\"{}\" y=\"{baseline}\">{}</text>",
            LABEL_WIDTH - 8,
            escape(&bar.label),
            LABEL_WIDTH + length + 6,
            escape(&bar.text),
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Grouped columns with a legend.
pub fn columns(caption: Caption<'_>, series: &[&str], groups: &[Group]) -> String {
    let largest = groups
        .iter()
        .flat_map(|group| &group.values)
        .map(|(value, _)| *value)
        .max()
        .unwrap_or(0);
    if largest == 0 {
        return nothing(caption);
    }
    const TOP: u32 = 46;
    const PLOT: u32 = 190;
    const LEFT: u32 = 8;
    let base = TOP + PLOT;
    let mut svg = open(caption, base + 26);
    let _ = write!(
        svg,
        "<text x=\"{LEFT}\" y=\"13\" class=\"small\">{}</text>",
        escape(caption.unit)
    );
    for (index, name) in series.iter().enumerate() {
        let x = LEFT + u32::try_from(index).unwrap_or(0) * 170;
        let _ = write!(
            svg,
            "<rect class=\"s{index}\" x=\"{x}\" y=\"22\" width=\"12\" height=\"12\"/><text x=\"{}\" y=\"33\">{}</text>",
            x + 18,
            escape(name)
        );
    }
    let count = u32::try_from(groups.len()).unwrap_or(1).max(1);
    let slot = (WIDTH - 2 * LEFT) / count;
    let width = (slot * 8 / 10 / u32::try_from(series.len()).unwrap_or(1).max(1)).clamp(2, 44);
    let texts_fit = width >= 34;
    for (index, group) in groups.iter().enumerate() {
        let start = LEFT + u32::try_from(index).unwrap_or(0) * slot;
        let used = width * u32::try_from(group.values.len()).unwrap_or(0);
        let inset = slot.saturating_sub(used) / 2;
        for (series_index, (value, text)) in group.values.iter().enumerate() {
            let height = scaled(*value, largest, PLOT - 16);
            let x = start + inset + u32::try_from(series_index).unwrap_or(0) * width;
            let y = base - height;
            let name = series.get(series_index).copied().unwrap_or_default();
            let _ = write!(
                svg,
                "<rect class=\"s{series_index}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{height}\"><title>{} · {}: {}</title></rect>",
                width.saturating_sub(1),
                escape(&group.label),
                escape(name),
                escape(text)
            );
            if texts_fit && *value > 0 {
                let _ = write!(
                    svg,
                    "<text class=\"small\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    x + width / 2,
                    y - 4,
                    escape(text)
                );
            }
        }
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            start + slot / 2,
            base + 18,
            escape(&group.label)
        );
    }
    let _ = write!(
        svg,
        "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{base}\" x2=\"{}\" y2=\"{base}\"/></svg>",
        WIDTH - LEFT
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTION: Caption<'static> = Caption {
        id: "c",
        title: "T <b>",
        description: "D & d",
        unit: "triệu đồng",
        empty: "Chưa có số liệu",
    };

    #[test]
    fn text_is_escaped_and_the_longest_bar_fits() {
        let svg = bars(
            CAPTION,
            &[
                Bar {
                    label: "<script>".into(),
                    value: u64::MAX,
                    text: "\"9\"".into(),
                },
                Bar {
                    label: "b".into(),
                    value: 1,
                    text: "1".into(),
                },
            ],
        );
        assert!(!svg.contains("<script>") && !svg.contains("<b>"), "{svg}");
        assert!(
            svg.contains("&lt;script&gt;") && svg.contains("D &amp; d (triệu đồng)"),
            "{svg}"
        );
        assert!(
            svg.contains("width=\"260\" height=\"18\"") && svg.contains("width=\"2\" height=\"18\""),
            "{svg}"
        );
    }

    #[test]
    fn no_figures_say_so() {
        assert!(bars(CAPTION, &[]).contains("Chưa có số liệu"));
        let zero = Group {
            label: "2019".into(),
            values: vec![(0, "0".into())],
        };
        assert!(columns(CAPTION, &["a"], &[zero]).contains("Chưa có số liệu"));
    }

    #[test]
    fn many_years_still_fit_the_picture() {
        let groups: Vec<Group> = (2005..2045)
            .map(|year| Group {
                label: year.to_string(),
                values: vec![(1, "1".into()), (2, "2".into()), (3, "3".into())],
            })
            .collect();
        let svg = columns(CAPTION, &["a", "b", "c"], &groups);
        let far = svg
            .split("x=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next()?.parse::<u32>().ok())
            .max();
        assert!(far.is_some_and(|x| x <= WIDTH), "{far:?}");
    }
}
