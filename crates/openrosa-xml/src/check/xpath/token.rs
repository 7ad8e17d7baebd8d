//! The tokens of an expression.

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
    Open,
    Close,
    OpenPredicate,
    ClosePredicate,
    Comma,
    /// A text, a number or a variable.
    Value,
    Operator,
}

impl Token<'_> {
    /// Whether an expression goes on like this behind a path, a value or a parenthesis.
    pub(super) fn may_follow_operand(self) -> bool {
        match self {
            Self::Name(name) => is_operator(name),
            Self::Call(_) | Self::Axis | Self::Dot | Self::DotDot | Self::At | Self::Open | Self::Value => {
                false
            }
            Self::Slash | Self::DoubleSlash | Self::Star | Self::Operator => true,
            Self::OpenPredicate | Self::Close | Self::ClosePredicate | Self::Comma => true,
        }
    }
}

/// The tokens in order; `None` where there is none to be seen.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Option<Token<'_>>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
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
    let pairs =
        [("//", Token::DoubleSlash), ("..", Token::DotDot), ("!=", Token::Operator), ("<=", Token::Operator)];
    if let Some((pair, token)) = pairs.into_iter().find(|(pair, _)| text.starts_with(pair)) {
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
        '+' | '-' | '=' | '<' | '>' | '|' => Token::Operator,
        '.' if !after_dot => Token::Dot,
        '\'' | '"' => return Some((Token::Value, text[1..].find(first)? + 2)),
        '0'..='9' | '.' => return Some((Token::Value, length(text, |c| c.is_ascii_digit() || c == '.'))),
        '$' => return Some((Token::Value, 1 + length(&text[1..], is_name_character))),
        _ if is_name_character(first) => return Some(name(text)),
        _ => return None,
    };
    Some((one, 1))
}

fn name(text: &str) -> (Token<'_>, usize) {
    let mut end = length(text, is_name_character);
    if text[end..].starts_with("::") {
        return (Token::Axis, end + 2);
    }
    if let Some(after) = text[end..].strip_prefix(':').filter(|after| after.starts_with(is_name_character)) {
        end += 1 + length(after, is_name_character);
    }
    let rest = text[end..].trim_start();
    match rest.strip_prefix('(') {
        Some(inside) if !is_operator(&text[..end]) => (Token::Call(&text[..end]), text.len() - inside.len()),
        _ => (Token::Name(&text[..end]), end),
    }
}

/// `and (` is no call: no function has such a name.
fn is_operator(name: &str) -> bool {
    matches!(name, "and" | "or" | "div" | "mod")
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.') || !c.is_ascii()
}

fn length(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}
