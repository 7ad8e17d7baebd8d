//! The relatives of a case, as a tree.

use std::{collections::BTreeSet, fmt::Write};

use openrosa_case::{
    case::Case,
    graph::{CaseGraph, Link, Node, Relationship},
    store::Memory,
};
use openrosa_xml::CaseId;

use crate::{
    changes::named,
    page::{LABEL, TITLE, seen},
};

/// More lines than these are cut, with a word.
const MOST: usize = 100;

/// Below the line of a case: those it points at, or those that point at it.
#[derive(Clone, Copy)]
enum Towards {
    Targets,
    Sources,
}

/// Both trees; nothing for a case that has no relatives.
pub(super) fn text(case: &Case, graph: &CaseGraph<'_>, memory: &Memory) -> String {
    let mut out = String::new();
    let Some(node) = graph.case(case.case_id.as_str()) else { return out };
    for (title, towards) in [("points at", Towards::Targets), ("is pointed at by", Towards::Sources)] {
        let tree = Tree { graph, memory, towards };
        let lines = tree.lines(node);
        if !lines.is_empty() {
            let _ = writeln!(out, "  {LABEL}{title}{LABEL:#}");
            lines.iter().for_each(|line| out.push_str(line));
            out.push('\n');
        }
    }
    out
}

/// A case, and those that point at it below; nothing if there are none.
pub(super) fn below(case: &Case, graph: &CaseGraph<'_>, memory: &Memory) -> String {
    let tree = Tree { graph, memory, towards: Towards::Sources };
    let lines = graph.case(case.case_id.as_str()).map_or_else(Vec::new, |node| tree.lines(node));
    if lines.is_empty() {
        return String::new();
    }
    format!("  {TITLE}{}{TITLE:#}\n{}", named(&case.case_id, Some(case)), lines.concat())
}

struct Tree<'t, 'a> {
    graph: &'t CaseGraph<'a>,
    memory: &'t Memory,
    towards: Towards,
}

/// A relative that is still to be written.
struct Branch {
    link: Link,
    /// The lines to the left of it.
    rails: String,
    is_last: bool,
}

impl Tree<'_, '_> {
    /// The relatives, each once with its own below it; what comes again is only named.
    fn lines(&self, root: Node) -> Vec<String> {
        let (mut lines, mut seen_before) = (Vec::new(), BTreeSet::from([root]));
        let mut stack = self.branches(root, "    ");
        while let Some(Branch { link, rails, is_last }) = stack.pop() {
            if lines.len() == MOST {
                lines.push("    …\n".to_owned());
                break;
            }
            let node = self.end(link);
            let again = !seen_before.insert(node);
            let corner = if is_last { "└─ " } else { "├─ " };
            lines.push(format!("{LABEL}{rails}{corner}{LABEL:#}{}\n", self.line(link, again)));
            if !again {
                stack.extend(self.branches(node, &format!("{rails}{}", if is_last { "   " } else { "│  " })));
            }
        }
        lines
    }

    /// What is below a node, the last one first.
    fn branches(&self, node: Node, rails: &str) -> Vec<Branch> {
        let links: Vec<Link> = match self.towards {
            Towards::Targets => self.graph.indices(node).collect(),
            Towards::Sources => self.graph.indices_to(node).collect(),
        };
        let last = links.len().saturating_sub(1);
        let branch = |(at, link)| Branch { link, rails: rails.to_owned(), is_last: at == last };
        links.into_iter().enumerate().map(branch).rev().collect()
    }

    fn end(&self, link: Link) -> Node {
        match self.towards {
            Towards::Targets => self.graph.target(link),
            Towards::Sources => self.graph.source(link),
        }
    }

    fn line(&self, link: Link, again: bool) -> String {
        let (graph, node) = (self.graph, self.end(link));
        let id = CaseId::new(graph.id(node));
        let relationship = match graph.relationship(link) {
            Relationship::Child => "child",
            Relationship::Extension => "extension",
        };
        let state = match (graph.is_stored(node), graph.is_open(node)) {
            (false, _) => ", not there",
            (true, true) => "",
            (true, false) => ", closed",
        };
        let again = if again { ", see above" } else { "" };
        let name = named(&id, self.memory.get(id.as_str()));
        format!(
            "{TITLE}{name}{TITLE:#} {LABEL}({}: {relationship}{state}{again}){LABEL:#}",
            seen(graph.name(link))
        )
    }
}
