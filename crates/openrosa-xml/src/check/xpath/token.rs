//! The tokens of an expression.

use crate::xml::chars::{is_name_char, is_name_start};

/// One token. White space between tokens is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'e> {
    /// A name, with its prefix; whether it is an operator such as `and` depends on what is before it.
    Name(&'e str),
    /// The name of a function and its parenthesis. Node tests such as `text()` look alike.
    Call(&'e str),
    /// The name of an axis and `::`.
    Axis,
    Slash,
    DoubleSlash,
    Dot,
    DotDot,
    At,
    Star,
    /// A prefix and `:*`.
    Wildcard,
    Open,
    Close,
    OpenPredicate,
    ClosePredicate,
    Comma,
    /// A text, a number or a variable.
    Value,
    /// It may have an operand on one side only.
    Minus,
    Operator,
}

/// The tokens in order; `None` where there is none to be seen.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Option<Token<'_>>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = without_space(rest);
        if rest.is_empty() {
            return None;
        }
        let Some((token, length)) = token(rest) else {
            rest = "";
            return Some(None);
        };
        rest = &rest[length..];
        Some(Some(token))
    })
}

/// The token at the beginning, and how long it is.
fn token(text: &str) -> Option<(Token<'_>, usize)> {
    const PAIRS: [(&str, Token<'static>); 5] = [
        ("//", Token::DoubleSlash),
        ("..", Token::DotDot),
        ("!=", Token::Operator),
        ("<=", Token::Operator),
        (">=", Token::Operator),
    ];
    if let Some((pair, token)) = PAIRS.into_iter().find(|(pair, _)| text.starts_with(pair)) {
        return Some((token, pair.len()));
    }
    let first = text.chars().next()?;
    let after_dot = text.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let one = match first {
        '/' => Token::Slash,
        '@' => Token::At,
        '*' => Token::Star,
        '(' => Token::Open,
        ')' => Token::Close,
        '[' => Token::OpenPredicate,
        ']' => Token::ClosePredicate,
        ',' => Token::Comma,
        '-' => Token::Minus,
        '+' | '=' | '<' | '>' | '|' => Token::Operator,
        '.' if !after_dot => Token::Dot,
        '\'' | '"' => return Some((Token::Value, text[1..].find(first)? + 2)),
        '0'..='9' | '.' => return Some((Token::Value, number(text))),
        '$' if text[1..].starts_with(is_name_start) => {
            return Some((Token::Value, 1 + qualified(&text[1..])));
        }
        _ if is_name_start(first) => return Some(name(text)),
        _ => return None,
    };
    Some((one, 1))
}

/// How long the number at the beginning is.
fn number(text: &str) -> usize {
    let digits = |text: &str| length(text, |c| c.is_ascii_digit());
    let whole = digits(text);
    text[whole..].strip_prefix('.').map_or(whole, |decimals| whole + 1 + digits(decimals))
}

fn name(text: &str) -> (Token<'_>, usize) {
    let end = qualified(text);
    if text[end..].starts_with("::") {
        return (Token::Axis, end + 2);
    }
    if text[end..].starts_with(":*") {
        return (Token::Wildcard, end + 2);
    }
    let rest = without_space(&text[end..]);
    match rest.strip_prefix('(') {
        Some(inside) if !is_operator(&text[..end]) => (Token::Call(&text[..end]), text.len() - inside.len()),
        _ => (Token::Name(&text[..end]), end),
    }
}

/// How long the name at the beginning is, with its prefix.
fn qualified(text: &str) -> usize {
    let end = length(text, is_name_char);
    let local = text[end..].strip_prefix(':').filter(|local| local.starts_with(is_name_start));
    local.map_or(end, |local| end + 1 + length(local, is_name_char))
}

/// `and (` is no call: no function has such a name.
pub(super) fn is_operator(name: &str) -> bool {
    matches!(name, "and" | "or" | "div" | "mod")
}

/// What looks like a function and is a step.
pub(super) fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

/// White space as XPath counts it: one that breaks no line, as word processors write it, is none.
fn without_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r'])
}

fn length(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}
