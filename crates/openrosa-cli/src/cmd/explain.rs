//! `openrosa explain`: what a code means.

use std::fmt::Write as _;

use openrosa_xml::check::{self, Example, Rule};

use crate::{
    cmd::check::style,
    codes,
    exit::{Exit, Failure},
    page::{LABEL, Page, TITLE, escaped},
    terminal::print,
};

/// The statements behind the rules, `ID<tab>address<tab>text`; made of docs/protocol as CONTRIBUTING.md says, so that the
/// command has their texts without the repository.
const STATEMENTS: &str = include_str!("explain/statements.tsv");

/// Where the digests are kept.
const PROTOCOL: &str = "docs/protocol";

/// Explain a code of `openrosa check`: what is wrong, for whom, why it matters, and how it is put right.
///
/// Without a code, all of them are listed by what they are about.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The code, such as `case-self-index`
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let page = Page::for_stdout();
    let text = match &args.code {
        Some(code) => explained(codes::rule(code)?, page),
        None => list(page),
    };
    print(&text);
    Ok(Exit::Clean)
}

fn explained(rule: &Rule, page: Page) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{TITLE}{}{TITLE:#}: {}\n", rule.code, rule.title);
    page.wrapped(&mut out, "", "", rule.why);
    out.push('\n');
    page.row(&mut out, 0, ("for", 7), &verdicts(rule));
    page.row(&mut out, 0, ("remedy", 7), rule.remedy);
    example(&mut out, "Found", &rule.triggers);
    example(&mut out, "Put right", &rule.passes);
    behind(&mut out, rule, page);
    out
}

fn verdicts(rule: &Rule) -> String {
    let verdicts = rule.verdicts.iter().map(|(audience, severity)| {
        let style = style(*severity);
        format!("{audience} {style}{severity}{style:#}")
    });
    verdicts.collect::<Vec<_>>().join(", ")
}

fn example(out: &mut String, title: &str, example: &Example) {
    match example {
        Example::None(why) => {
            let _ = writeln!(out, "\n{LABEL}{title}{LABEL:#}: {why}");
        }
        _ => {
            let _ = writeln!(out, "\n{LABEL}{title}{LABEL:#}\n");
            for line in example.shown().unwrap_or_default().lines() {
                let _ = writeln!(out, "  {}", escaped(line));
            }
        }
    }
}

fn behind(out: &mut String, rule: &Rule, page: Page) {
    out.push('\n');
    for statement in rule.statements {
        let (address, text) = statement_of(statement).unwrap_or_default();
        page.row(out, 0, (statement, 7), text);
        page.row(out, 0, ("", 7), &format!("{LABEL}{PROTOCOL}/{address}{LABEL:#}"));
    }
    if !rule.sections.is_empty() {
        page.row(out, 0, ("see", 7), &format!("{} in {PROTOCOL}", rule.sections.join(", ")));
    }
}

fn statement_of(id: &str) -> Option<(&'static str, &'static str)> {
    let row = STATEMENTS.lines().find_map(|line| line.strip_prefix(id)?.strip_prefix('\t'))?;
    row.split_once('\t')
}

/// Every code below what it is about, in the order of the rules.
fn list(page: Page) -> String {
    let mut folders: Vec<(&str, Vec<&Rule>)> = Vec::new();
    for rule in check::rules() {
        match folders.iter_mut().find(|(folder, _)| *folder == rule.folder()) {
            Some((_, rules)) => rules.push(rule),
            None => folders.push((rule.folder(), vec![rule])),
        }
    }
    let widest = check::rules().map(|rule| rule.code.len()).max().unwrap_or_default();
    let mut out = String::new();
    for (folder, rules) in folders {
        let _ = writeln!(out, "{TITLE}{folder}{TITLE:#}");
        for rule in rules {
            page.row(&mut out, 2, (rule.code, widest), &format!("{} ({})", rule.title, verdicts(rule)));
        }
        out.push('\n');
    }
    out.push_str("openrosa explain CODE says more.\n");
    out
}
