//! Instructions instead of time: the same at every run, however busy the machine is. They do not see cache misses, so
//! they stand beside the times and do not replace them.

use std::{collections::BTreeMap, hint::black_box, path::Path, process::Command};

use crate::{
    Failure,
    inputs::{Scale, submissions},
    suites::{Done, Suite, checking, purge, receiving, restore, sending, submissions as forms, writing},
};

/// The ratios that were last looked at and found right.
const KEPT: &str = include_str!("../instructions.json");

/// How far below what is kept a ratio may fall. The compiler inlines a contender's functions differently when something
/// else in the workspace changes, and that alone has been seen to move a ratio by 5.5 %.
const TOLERANCE: f64 = 0.08;

/// Ratios of instruction counts, by contender.
pub type Ratios = BTreeMap<String, f64>;

/// Runs a contender once on the small inputs, with everything around it outside what is counted; what a child does under
/// valgrind.
pub fn run_collected(name: &str) -> Result<(), Failure> {
    let shape = Scale::Small.restore();
    if let Some(run) = find(restore::SUITE, name) {
        drop(count_this(run, &restore::Input::new(shape)?));
    } else if let Some(run) = find(checking::SUITE, name) {
        drop(count_this(run, &restore::Input::new(shape)?));
    } else if let Some(run) = find(forms::SUITE, name) {
        drop(count_this(run, &submissions(Scale::Small.submissions())));
    } else if let Some(run) = find(writing::SUITE, name) {
        drop(count_this(run, &writing::Input::new(Scale::Small)?));
    } else if let Some(run) = find(purge::SUITE, name) {
        drop(count_this(run, &purge::Input::new(Scale::Small.purged())));
    } else if let Some(run) = find(receiving::SUITE, name) {
        drop(count_this(run, &receiving::Input::new(&submissions(Scale::Small.submissions()))?));
    } else if let Some(run) = find(sending::SUITE, name) {
        drop(count_this(run, &sending::Input::new(submissions(Scale::Small.submissions()))?));
    } else {
        return Err(format!("no contender is called `{name}`").into());
    }
    Ok(())
}

fn find<I>(suite: Suite<I>, name: &str) -> Option<fn(&I) -> Done> {
    suite.iter().find(|contender| contender.name == name).map(|contender| contender.run)
}

/// What is counted: valgrind is told to count inside functions of this name only.
#[inline(never)]
fn count_this<I>(run: fn(&I) -> Done, input: &I) -> Done {
    black_box(run(black_box(input)))
}

/// Counts every contender in a child of its own, given the program that runs one when it is asked.
pub fn ratios(program: &Path) -> Result<Ratios, Failure> {
    let mut ratios = suite_ratios(program, restore::SUITE)?;
    ratios.extend(suite_ratios(program, checking::SUITE)?);
    ratios.extend(suite_ratios(program, forms::SUITE)?);
    ratios.extend(suite_ratios(program, writing::SUITE)?);
    ratios.extend(suite_ratios(program, purge::SUITE)?);
    Ok(ratios)
}

fn suite_ratios<I>(program: &Path, suite: Suite<I>) -> Result<Ratios, Failure> {
    let counts =
        suite.iter().map(|contender| count(program, contender.name)).collect::<Result<Vec<_>, _>>()?;
    let ratio = |count: &u64| rounded(counts[0] as f64 / *count as f64);
    Ok(suite
        .iter()
        .zip(&counts)
        .map(|(contender, count)| (contender.name.to_owned(), ratio(count)))
        .collect())
}

/// To four digits: in thousandths, a small ratio could not change by less than the tolerance.
fn rounded(ratio: f64) -> f64 {
    let scale = 10_f64.powf(3.0 - ratio.log10().floor());
    (ratio * scale).round() / scale
}

fn count(program: &Path, name: &str) -> Result<u64, Failure> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*count_this*"]);
    let output = valgrind.arg(program).args(["--collect", name]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split("Collected :").nth(1));
    let collected = collected.and_then(|count| count.trim().parse().ok()).filter(|&count: &u64| count > 0);
    collected.ok_or_else(|| format!("valgrind counted nothing for `{name}`: {said}").into())
}

/// The contenders of ours that got slower than is kept, each with what it was and what it is.
pub fn regressions(now: &Ratios) -> Result<Vec<(String, f64, f64)>, Failure> {
    let kept: Ratios = serde_json::from_str(KEPT)?;
    let fell = |(name, was): (String, f64)| {
        let is = now.get(&name).copied().unwrap_or(0.0);
        (is < was * (1.0 - TOLERANCE)).then_some((name, was, is))
    };
    Ok(kept.into_iter().filter_map(fell).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Ratios {
        serde_json::from_str(KEPT).unwrap()
    }

    #[test]
    fn a_ratio_has_four_digits_however_small_it_is() {
        assert_eq!([0.021_666, 0.577_77, 1.157_22, 23.768].map(rounded), [0.021_67, 0.577_8, 1.157, 23.77]);
    }

    #[test]
    fn what_is_kept_is_no_regression_but_a_tenth_less_is() {
        let mut now = kept();
        assert_eq!(regressions(&now).unwrap(), []);
        let was = now["restore"];
        now.insert("restore".to_owned(), was * 0.9);
        assert_eq!(regressions(&now).unwrap(), [("restore".to_owned(), was, was * 0.9)]);
    }

    #[test]
    fn a_contender_that_is_gone_is_a_regression() {
        let mut now = kept();
        now.remove("writing");
        assert_eq!(regressions(&now).unwrap()[0].0, "writing");
    }

    #[test]
    fn only_what_exists_can_be_counted() {
        assert!(run_collected("nothing").is_err());
    }
}
