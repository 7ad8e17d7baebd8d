//! The few shapes that a drawing is made of.

use std::borrow::Cow;

use openrosa_xml::xml::{Element, Name};

use super::layout::{HEIGHT, WIDTH};

/// One an owner, light enough for black text; apart for most people who see colors differently, too.
pub(super) const COLORS: [&str; 8] =
    ["#cfe3f5", "#fbe3b5", "#cdeadd", "#f6d5e5", "#e6e0f4", "#f9d8c6", "#e3ecb9", "#dcdcdc"];

pub(super) const STYLE: &str = "
text { font-family: sans-serif; font-size: 13px; fill: #1a1a1a }
text.owner { font-size: 11px; fill: #444 }
text.name { font-size: 10px; fill: #555; text-anchor: middle; stroke: #fff; stroke-width: 3; paint-order: stroke }
text.goes { text-decoration: line-through }
rect { stroke: #444; stroke-width: 1.2; rx: 5 }
.closed rect { stroke-dasharray: 2 3 }
.missing rect { stroke: #b00020; stroke-width: 2; stroke-dasharray: 6 3 }
path { stroke: #444; stroke-width: 1.4; fill: none; marker-end: url(#arrow) }
.extension path { stroke: #0b5394; stroke-dasharray: 7 4 }
.shadowed path { stroke: #aaa; stroke-dasharray: 1 4 }
";

fn element<'e>(name: &'static str) -> Element<'e> {
    Element::new(Name::in_namespace("http://www.w3.org/2000/svg", name))
}

fn attributes<'e, const N: usize>(name: &'static str, values: [(&'static str, String); N]) -> Element<'e> {
    values.into_iter().fold(element(name), |element, (name, value)| element.with_attribute(name, value))
}

pub(super) fn leaf<'e>(name: &'static str, text: impl Into<Cow<'e, str>>) -> Element<'e> {
    element(name).with_text(text)
}

pub(super) fn group<'e>(class: &'static str) -> Element<'e> {
    element("g").with_attribute("class", class)
}

pub(super) fn rectangle<'e>(x: u32, y: u32, width: u32, height: u32, fill: &'static str) -> Element<'e> {
    let [x, y, width, height] = [x, y, width, height].map(|length| length.to_string());
    attributes("rect", [("x", x), ("y", y), ("width", width), ("height", height), ("fill", fill.into())])
}

pub(super) fn text<'e>(x: u32, y: u32, class: &'static str, text: impl Into<Cow<'e, str>>) -> Element<'e> {
    attributes("text", [("x", x.to_string()), ("y", y.to_string()), ("class", class.into())]).with_text(text)
}

pub(super) fn path<'e>(way: String) -> Element<'e> {
    attributes("path", [("d", way)])
}

/// The head of every line.
pub(super) fn arrow<'e>() -> Element<'e> {
    let [id, view, x, y, size] = ["arrow", "0 0 8 8", "8", "4", "8"].map(str::to_owned);
    let head = element("polygon").with_attribute("points", "0,0 8,4 0,8").with_attribute("fill", "#444");
    let marker = [
        ("id", id),
        ("viewBox", view),
        ("refX", x),
        ("refY", y),
        ("markerWidth", size.clone()),
        ("markerHeight", size),
        ("markerUnits", "userSpaceOnUse".into()),
        ("orient", "auto".into()),
    ];
    element("defs").with_child(attributes("marker", marker).with_child(head))
}

/// From the top of one box to the bottom of another, given their corners; and the middle of it. A box that indexes itself
/// gets a loop through its own middle.
pub(super) fn curve(from: [u32; 2], to: [u32; 2]) -> (String, [u32; 2]) {
    let half = WIDTH / 2;
    let ([x1, y1], [x2, y2]) = ([from[0] + half, from[1]], [to[0] + half, to[1] + HEIGHT]);
    let way = format!("M{x1} {y1} C{x1} {} {x2} {} {x2} {y2}", y1.saturating_sub(28), y2 + 28);
    (way, [x1.midpoint(x2), y1.midpoint(y2) + 3])
}

/// A text that fits into a box: beginning and end of a long one.
pub(super) fn shortened(text: &str) -> String {
    const FITS: usize = 22;
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= FITS {
        return text.to_owned();
    }
    let (start, end) = (&characters[..12], &characters[characters.len() - 9..]);
    start.iter().chain(&['…']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_keep_both_ends() {
        assert_eq!(shortened("1d2c3b4a-0000-4000-a000-00000000cafe"), "1d2c3b4a-000…00000cafe");
        assert_eq!(shortened("twenty-two characters."), "twenty-two characters.");
    }
}
