//! Expressions of a blank form, read as far as to see which nodes they refer to and how many arguments functions get. Nothing
//! is evaluated.

mod token;

use token::{Token, tokens};

/// What an expression refers to.
#[derive(Debug, Default)]
pub(super) struct Expression<'e> {
    /// Nodes of the primary instance, by their paths. Those of other instances, and those found through wildcards and axes,
    /// are left out.
    pub(super) paths: Vec<String>,
    pub(super) calls: Vec<Call<'e>>,
}

/// A function and how many arguments it is given.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call<'e> {
    pub(super) function: &'e str,
    pub(super) arguments: usize,
}

/// What a path has come to: `None` where that cannot be told.
type Path = Option<String>;

/// Something that is open.
enum Open<'e> {
    Call { function: &'e str, commas: usize, is_empty: bool, context: Path },
    Group { context: Path },
    Predicate { of: Path, context: Path },
}

struct Walk<'e> {
    found: Expression<'e>,
    open: Vec<Open<'e>>,
    /// The node at which the expression stands.
    base: String,
    /// The node at which its innermost predicate stands.
    context: Path,
    /// The path that is being written.
    path: Option<Path>,
    expects_step: bool,
    is_attribute: bool,
    /// Whether an operand has just ended, so that a name or a `*` is an operator.
    after_operand: bool,
}

impl<'e> Expression<'e> {
    /// Reads the expression of the node at this path; `None` where it is not well-formed.
    pub(super) fn read(text: &'e str, base: &str) -> Option<Self> {
        let mut walk = Walk {
            found: Self::default(),
            open: Vec::new(),
            base: base.to_owned(),
            context: Some(base.to_owned()),
            path: None,
            expects_step: false,
            is_attribute: false,
            after_operand: false,
        };
        for token in tokens(text) {
            walk.take(token?)?;
        }
        walk.end_path();
        walk.open.is_empty().then_some(walk.found)
    }
}

impl<'e> Walk<'e> {
    fn take(&mut self, token: Token<'e>) -> Option<()> {
        if self.after_operand && !token.may_follow_operand() {
            return None;
        }
        if let (Some(Open::Call { is_empty, .. }), false) = (self.open.last_mut(), token == Token::Close) {
            *is_empty = false;
        }
        match token {
            Token::Name(name) => self.name(name),
            Token::Call(function) => self.call(function),
            Token::Slash => self.slash(),
            Token::DoubleSlash | Token::Axis => self.lost(),
            Token::Dot => self.step(Some),
            Token::DotDot => self.step(|context| Some(context.rsplit_once('/')?.0.to_owned())),
            Token::At => self.attribute(),
            Token::Star if !self.after_operand => self.step(|_| None),
            Token::Star | Token::Operator => self.operator(),
            Token::Value => self.value(),
            Token::Open => self.open_group(),
            Token::OpenPredicate => self.open_predicate(),
            Token::Comma => return self.comma(),
            Token::Close => return self.close(),
            Token::ClosePredicate => return self.close_predicate(),
        }
        Some(())
    }

    fn name(&mut self, name: &'e str) {
        if self.after_operand {
            return self.operator();
        }
        let local = name.split_once(':').map_or(name, |(_, local)| local);
        let mark = if std::mem::take(&mut self.is_attribute) { "@" } else { "" };
        self.step(|context| Some(format!("{context}/{mark}{local}")));
    }

    /// Goes on from where the path is, or from the context.
    fn step(&mut self, next: impl FnOnce(String) -> Path) {
        let from = match self.path.take() {
            Some(path) if self.expects_step => path,
            _ => self.context.clone(),
        };
        self.path = Some(from.and_then(next));
        (self.expects_step, self.after_operand) = (false, true);
    }

    fn slash(&mut self) {
        if !self.after_operand {
            self.path = Some(Some(String::new()));
        }
        self.path.get_or_insert(None);
        (self.expects_step, self.after_operand) = (true, false);
    }

    /// From here on nobody knows where the path leads.
    fn lost(&mut self) {
        self.path = Some(None);
        (self.expects_step, self.after_operand) = (true, false);
    }

    fn attribute(&mut self) {
        if !self.expects_step {
            self.path = Some(self.context.clone());
        }
        (self.expects_step, self.is_attribute, self.after_operand) = (true, true, false);
    }

    fn value(&mut self) {
        self.end_path();
        self.after_operand = true;
    }

    fn operator(&mut self) {
        self.end_path();
        self.after_operand = false;
    }

    fn end_path(&mut self) {
        self.found.paths.extend(self.path.take().flatten().filter(|path| !path.is_empty()));
        self.expects_step = false;
    }

    fn open_group(&mut self) {
        self.open.push(Open::Group { context: self.context.clone() });
        self.operator();
    }

    fn call(&mut self, function: &'e str) {
        self.open.push(Open::Call { function, commas: 0, is_empty: true, context: self.context.clone() });
        self.operator();
    }

    fn open_predicate(&mut self) {
        let of = self.path.take().flatten();
        self.open.push(Open::Predicate { of: of.clone(), context: std::mem::replace(&mut self.context, of) });
        self.operator();
    }

    fn comma(&mut self) -> Option<()> {
        self.operator();
        match self.open.last_mut()? {
            Open::Call { commas, .. } => *commas += 1,
            Open::Group { .. } | Open::Predicate { .. } => return None,
        }
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.end_path();
        let path = match self.open.pop()? {
            Open::Call { function, commas, is_empty, context } => {
                self.context = context;
                let arguments = if is_empty { 0 } else { commas + 1 };
                self.found.calls.push(Call { function, arguments });
                (function == "current").then(|| self.base.clone())
            }
            Open::Group { context } => {
                self.context = context;
                None
            }
            Open::Predicate { .. } => return None,
        };
        self.path = Some(path);
        (self.expects_step, self.after_operand) = (false, true);
        Some(())
    }

    fn close_predicate(&mut self) -> Option<()> {
        self.end_path();
        let Open::Predicate { of, context } = self.open.pop()? else { return None };
        (self.path, self.context) = (Some(of), context);
        (self.expects_step, self.after_operand) = (false, true);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Expression::read(text, "/d/g/x").unwrap_or_else(|| panic!("{text}")).paths
    }

    #[test]
    fn nodes_that_are_referred_to_are_found() {
        assert_eq!(
            paths("/d/a + ../b*../c - /d/orx:meta/orx:instanceID"),
            ["/d/a", "/d/g/b", "/d/g/c", "/d/meta/instanceID"]
        );
        assert_eq!(paths("if(. = '', /d/a, /d/b div 2)"), ["/d/g/x", "/d/a", "/d/b"]);
        assert_eq!(
            paths("/d/r[position() = ../n][./k = current()/../m]/v"),
            ["/d/n", "/d/r/k", "/d/g/m", "/d/r/v"]
        );
        assert_eq!(
            paths("instance('casedb')/casedb/case[@case_id = /d/id]/name and /d/y"),
            ["/d/id", "/d/y"]
        );
        assert_eq!(paths("/d/case/@case_id = @id"), ["/d/case/@case_id", "/d/g/x/@id"]);
        assert_eq!(paths("count(/d/*) + //y + ancestor::z/w + (/d/a)"), ["/d/a"]);
        assert_eq!(paths("'/d/a' | \"/d/b\" | 1.5"), [""; 0]);
    }

    #[test]
    fn calls_are_counted() {
        let calls = |text| Expression::read(text, "/d").unwrap().calls;
        let call = |function, arguments| Call { function, arguments };
        assert_eq!(
            calls("f(g(), h ('a', (1 + 2)), ../x[k(1,2,3)])"),
            [call("g", 0), call("h", 2), call("k", 3), call("f", 3)]
        );
    }

    #[test]
    fn what_is_no_expression_is_not_read() {
        for text in ["f(", ")", "a]", "[", "'a", "a, b", "#", "a b", "1 f()", "f() 'x'"] {
            assert!(Expression::read(text, "/d").is_none(), "{text}");
        }
    }
}
