//! Expressions of a blank form, read as far as to see whether they are any by the grammar of XPath 1.0, which nodes they refer to
//! and how many arguments functions get. Nothing is evaluated.

mod token;

use token::{Token, is_node_type, is_operator, tokens};

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
    next: Next,
}

/// What has to come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The beginning of an operand.
    Operand,
    /// A step of a path that goes on.
    Step,
    /// A step or nothing: `/` by itself is the root.
    StepOrNothing,
    /// What an axis or `@` is to find.
    NodeTest,
    /// What follows an operand: here a name or a `*` is an operator.
    Operator,
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
            next: Next::Operand,
        };
        for token in tokens(text) {
            walk.take(token?)?;
        }
        walk.end_path();
        (walk.open.is_empty() && walk.has_operand()).then_some(walk.found)
    }
}

impl<'e> Walk<'e> {
    fn take(&mut self, token: Token<'e>) -> Option<()> {
        if !self.may_come(token) {
            return None;
        }
        if let (Some(Open::Call { is_empty, .. }), false) = (self.open.last_mut(), token == Token::Close) {
            *is_empty = false;
        }
        match token {
            Token::Name(name) => self.name(name),
            Token::Call(function) => self.call(function),
            Token::Slash => self.slash(),
            Token::DoubleSlash => self.lost(Next::Step),
            Token::Axis => self.lost(Next::NodeTest),
            Token::Dot => self.step(Some),
            Token::DotDot => self.step(|context| Some(context.rsplit_once('/')?.0.to_owned())),
            Token::At => self.attribute(),
            Token::Star if self.next == Next::Operator => self.operator(),
            Token::Star | Token::Wildcard => self.step(|_| None),
            Token::Minus | Token::Operator => self.operator(),
            Token::Value => self.value(),
            Token::Open => self.open_group(),
            Token::OpenPredicate => self.open_predicate(),
            Token::Comma => return self.comma(),
            Token::Close => return self.close(),
            Token::ClosePredicate => return self.close_predicate(),
        }
        Some(())
    }

    /// Whether the grammar has this token here.
    fn may_come(&self, token: Token<'_>) -> bool {
        let begins = self.next == Next::Operand;
        match token {
            Token::Name(name) => self.next != Next::Operator || is_operator(name),
            Token::Star => true,
            Token::Wildcard => self.next != Next::Operator,
            Token::Call(function) => begins || (self.next != Next::Operator && is_node_type(function)),
            Token::Slash | Token::DoubleSlash => begins || self.next == Next::Operator,
            Token::Dot | Token::DotDot | Token::At | Token::Axis => {
                !matches!(self.next, Next::Operator | Next::NodeTest)
            }
            Token::Value | Token::Open => begins,
            Token::OpenPredicate => self.next == Next::Operator,
            Token::Minus => begins || self.has_operand(),
            Token::Operator | Token::Comma | Token::ClosePredicate => self.has_operand(),
            Token::Close => self.has_operand() || self.is_in_empty_call(),
        }
    }

    fn has_operand(&self) -> bool {
        matches!(self.next, Next::Operator | Next::StepOrNothing)
    }

    fn is_in_empty_call(&self) -> bool {
        matches!(self.open.last(), Some(Open::Call { is_empty: true, .. }))
    }

    fn name(&mut self, name: &'e str) {
        if self.next == Next::Operator {
            return self.operator();
        }
        let local = name.split_once(':').map_or(name, |(_, local)| local);
        let mark = if self.next == Next::NodeTest { "@" } else { "" };
        self.step(|context| Some(format!("{context}/{mark}{local}")));
    }

    /// Goes on from where the path is, or from the context.
    fn step(&mut self, next: impl FnOnce(String) -> Path) {
        let from = self.path.take().unwrap_or_else(|| self.context.clone());
        self.path = Some(from.and_then(next));
        self.next = Next::Operator;
    }

    fn slash(&mut self) {
        if self.next == Next::Operand {
            self.path = Some(Some(String::new()));
            self.next = Next::StepOrNothing;
        } else {
            self.path.get_or_insert(None);
            self.next = Next::Step;
        }
    }

    /// From here on nobody knows where the path leads.
    fn lost(&mut self, next: Next) {
        self.path = Some(None);
        self.next = next;
    }

    fn attribute(&mut self) {
        self.path.get_or_insert_with(|| self.context.clone());
        self.next = Next::NodeTest;
    }

    fn value(&mut self) {
        self.end_path();
        self.next = Next::Operator;
    }

    /// An operand is to come.
    fn operator(&mut self) {
        self.end_path();
        self.next = Next::Operand;
    }

    fn end_path(&mut self) {
        self.found.paths.extend(self.path.take().flatten().filter(|path| !path.is_empty()));
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
        self.next = Next::Operator;
        Some(())
    }

    fn close_predicate(&mut self) -> Option<()> {
        self.end_path();
        let Open::Predicate { of, context } = self.open.pop()? else { return None };
        (self.path, self.context) = (Some(of), context);
        self.next = Next::Operator;
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
        assert_eq!(paths("@* + a"), ["/d/g/x/a"]);
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
        let lists = [
            "f( ; ) ; a] ; [ ; 'a ; a, b ; # ; a b ; 1 f() ; f() 'x' ; () ; $ ; ! a ; a\u{a0}= 1 ; a = ‘x’ ; a = “x”",
            " ; /d/a = ; /d/a != '' and ; /d/a + ; = 1 ; - ; a - ; (a or ) ; a[] ; a[b = ] ; /d/a = /d/b or",
            "/d/a == 1 ; /d/a = = 1 ; a > = 1 ; a ! = b ; a and and and ; 1.2.3",
            "concat('a',) ; concat(,'a') ; concat('a',,'b') ; concat(,) ; f(-)",
            "/d/a / ; // ; /d// ; /d///a ; / / ; @ ; a/@ ; child:: ; /d/1 ; /d/'a' ; a/(b) ; a/f() ; / 2 ; /[1]",
            "@. ; @@a ; child::.. ; child::/b",
        ];
        for text in lists.into_iter().flat_map(|list| list.split(" ; ")) {
            assert!(Expression::read(text, "/d").is_none(), "{text}");
        }
    }

    /// The corners of the grammar of XPath 1.0 (2.5, 3.7).
    #[test]
    fn whatever_the_grammar_has_is_read() {
        let lists = [
            "/ ; (/) ; / = 1 ; / | /d/a ; f(/, /) ; a[/] ; //a ; . ; .. ; ./a ; .//a ; ../@a ; @* ; /. ; /.. ; /* ; //* ; /d/é",
            "child::a ; child::* ; a/child::text() ; /descendant::b/c ; ancestor-or-self::node()[1] ; a [ 1 ] / b",
            "text() ; a/text() ; //node() ; comment() ; a/processing-instruction('x') ; orx:* ; /d/orx:meta/orx:* ; @orx:*",
            "-1 ; --1 ; - a ; 1 - -1 ; 2 * -a ; a and -1 ; a[-1] ; f(-1) ; a -b ; a-b ; a - b ; * * * ; /* * 2 ; @* * 2",
            "a>=1 ; a<=.5 ; a!=5. ; .>1 ; .<=18 and .>=.5 ; . * 2 ; .. * .. ; 1 | a ; 5div 2 ; a div b mod c",
            "div ; mod div and ; /d/and/or ; and and and ; or or or ; * and * ; a/div/mod ; @and = 'or' ; or /d/a",
            "5. ; .5 ; 0 ; $v ; $p:v/a ; $v[1] ; '' ; \"'\" ; f() ; f( ) ; f()[1]/a ; (a)[1]/b ; (a)//b ; p:f(a)",
        ];
        for text in lists.into_iter().flat_map(|list| list.split(" ; ")) {
            assert!(Expression::read(text, "/d").is_some(), "{text}");
        }
    }
}
