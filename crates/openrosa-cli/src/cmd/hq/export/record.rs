//! A form or a case as it is passed on.

use commcare_hq::paging::verbatim::Written;

/// A form or a case, and its id.
pub(super) struct Record {
    pub(super) id: String,
    /// On one line, and otherwise as the server has it: an answer is data, down to the last digit.
    pub(super) json: String,
}

impl Record {
    pub(super) fn new<I>(id: &str, written: &Written<I>) -> Self {
        Self { id: id.to_owned(), json: on_one_line(written.json.get()) }
    }
}

/// The same JSON without white space around its parts, and with its texts written plainly.
fn on_one_line(json: &str) -> String {
    let (mut line, mut rest) = (String::with_capacity(json.len()), json);
    let push = |line: &mut String, parts: &str| {
        line.extend(parts.chars().filter(|sign| !sign.is_ascii_whitespace()))
    };
    while let Some(start) = rest.find('"') {
        push(&mut line, &rest[..start]);
        let (text, behind) = rest[start..].split_at(text_length(&rest[start..]));
        line += &plainly(text);
        rest = behind;
    }
    push(&mut line, rest);
    line
}

/// How long the text is that begins here, with its quotes.
fn text_length(json: &str) -> usize {
    let mut is_escaped = false;
    let ends = |byte: u8| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    };
    json.bytes().skip(1).position(ends).map_or(json.len(), |at| at + 2)
}

/// Letters in place of their numbers. Half a letter, as some programs write one, stays as it is.
fn plainly(text: &str) -> String {
    let read = serde_json::from_str::<String>(text);
    read.and_then(|read| serde_json::to_string(&read)).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_and_loses_no_digit() {
        for (json, line) in [
            ("{ \"a\" : [ 1.10 ,\n\t-0.0, 1E400 ] }", r#"{"a":[1.10,-0.0,1E400]}"#),
            (
                r#"{"b": 12345678901234567890123, "a": 0.1000000000000000055}"#,
                r#"{"b":12345678901234567890123,"a":0.1000000000000000055}"#,
            ),
            (r#"{"a b": "c \" , \\", "d": " e\n"}"#, r#"{"a b":"c \" , \\","d":" e\n"}"#),
            (
                r#"["K\u00f6nig \/ \ud83d\ude00", "\ud83d", true, null]"#,
                "[\"König / \u{1f600}\",\"\\ud83d\",true,null]",
            ),
            ("{}", "{}"),
        ] {
            assert_eq!(on_one_line(json), line);
        }
    }
}
