//! Measures, and prints JSON. `docs/performance.md` explains the figures.

use std::{env, fs, path::PathBuf, process::Command};

use clap::Parser;
use openrosa_bench::{
    Failure,
    inputs::{Scale, submissions},
    instructions, memory,
    report::{Figure, Report},
    suites::{
        checking, committing, looking, purge, receiving, restore, sending, storing, submissions as forms,
        writing,
    },
    time,
};

/// Measures reading and writing as ratios, and prints JSON.
#[derive(Parser)]
struct Arguments {
    /// How much is read.
    #[arg(long, value_enum, default_value = "full")]
    scale: Scale,
    /// One suite instead of all.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Counts instructions under valgrind instead, on small inputs, and fails where a ratio fell by more than 8 % below
    /// the one in instructions.json.
    #[arg(long)]
    instructions: bool,
    /// With `--instructions`: writes the counted ratios to this file, to be looked at and committed.
    #[arg(long, value_name = "FILE", requires = "instructions")]
    keep: Option<PathBuf>,
    /// What a child does: purges so many cases, and prints the peak of its memory before and after.
    #[arg(long, hide = true)]
    purge: Option<usize>,
    /// What a child does: runs one contender to be counted.
    #[arg(long, hide = true)]
    collect: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Restore,
    Checking,
    Submissions,
    Writing,
    Sending,
    Receiving,
    Committing,
    Looking,
    Storing,
    Purge,
    Memory,
    Allocations,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    if let Some(cases) = arguments.purge {
        println!("{}", serde_json::to_string(&memory::purge(cases)?)?);
        return Ok(());
    }
    if let Some(name) = &arguments.collect {
        return instructions::run_collected(name);
    }
    if arguments.instructions {
        return count_instructions(arguments.keep);
    }
    let report = measure(arguments.scale, arguments.only)?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn measure(scale: Scale, only: Option<Part>) -> Result<Report, Failure> {
    let (runs, wanted) = (scale.runs(), |part| only.is_none_or(|only| only == part));
    let mut figures = Vec::new();
    if wanted(Part::Memory) {
        figures.extend(peaks(scale)?);
    }
    if wanted(Part::Allocations) {
        figures.extend(allocations(scale)?);
    }
    if wanted(Part::Restore) {
        figures.extend(named(time::ratios(restore::SUITE, &restore::Input::new(scale.restore())?, runs)));
    }
    if wanted(Part::Checking) {
        figures.extend(named(time::ratios(checking::SUITE, &restore::Input::new(scale.restore())?, runs)));
    }
    if wanted(Part::Submissions) {
        figures.extend(named(time::ratios(forms::SUITE, &submissions(scale.submissions()), runs)));
    }
    if wanted(Part::Writing) {
        figures.extend(named(time::ratios(writing::SUITE, &writing::Input::new(scale)?, runs)));
    }
    if wanted(Part::Sending) {
        let input = sending::Input::new(submissions(scale.submissions().min(sending::FORMS)))?;
        figures.extend(named(time::ratios(sending::SUITE, &input, runs)));
    }
    if wanted(Part::Receiving) {
        let input = receiving::Input::new(&submissions(scale.submissions().min(sending::FORMS)))?;
        figures.extend(named(time::ratios(receiving::SUITE, &input, runs)));
    }
    if wanted(Part::Committing) {
        let forms = committing::FORMS.min(scale.submissions() as u64);
        figures.extend(named(time::ratios(committing::SUITE, &committing::Input::new(forms)?, runs)));
    }
    if wanted(Part::Looking) {
        let (forms, cases) = scale.looked_at();
        let input = looking::Input::new(forms, cases)?;
        for suite in looking::SUITES {
            figures.extend(named(time::ratios(suite, &input, runs)));
        }
    }
    if wanted(Part::Storing) {
        figures.extend(stored(scale)?);
    }
    if wanted(Part::Purge) {
        figures.extend(purges(scale)?);
    }
    Ok(Report { scale, runs, figures })
}

fn named(ratios: Vec<(&'static str, f64)>) -> impl Iterator<Item = Figure> {
    ratios.into_iter().map(Figure::from)
}

/// Speeds, the ratios of times, and what a graph and its purge take.
fn purges(scale: Scale) -> Result<Vec<Figure>, Failure> {
    let speeds = time::ratios(purge::SUITE, &purge::Input::new(scale.purged()), scale.runs());
    let speed = |name| speeds.iter().find(|(other, _)| *other == name).map_or(f64::NAN, |(_, speed)| *speed);
    let times = [
        Figure::new("purge-time", 1.0 / speed("purge")),
        Figure::new("purge-growth", speed("purge-tenth") / speed("purge")),
        Figure::new("purge-together-growth", speed("purge-together-tenth") / speed("purge-together")),
        Figure::new("set-of-ids-growth", speed("set-of-ids-tenth") / speed("set-of-ids")),
        Figure::new("apply-growth", speed("apply-cases-tenth") / speed("apply-cases")),
    ];
    let bytes = memory::purge_bytes_per_case(&env::current_exe()?, scale.purged())?;
    Ok(named(speeds).chain(times).chain([Figure::new("purge-bytes-per-case", bytes)]).collect())
}

/// Speeds, and how the time grows with the restore.
fn stored(scale: Scale) -> Result<Vec<Figure>, Failure> {
    let speeds = time::ratios(storing::SUITE, &storing::Input::new(scale.restore())?, scale.runs());
    let speed = |name| speeds.iter().find(|(other, _)| *other == name).map_or(f64::NAN, |(_, speed)| *speed);
    let growth =
        Figure::new("restore-stored-growth", speed("restore-stored-tenth") / speed("restore-stored"));
    Ok(named(speeds).chain([growth]).collect())
}

fn peaks(scale: Scale) -> Result<[Figure; 6], Failure> {
    const MEBIBYTE: f64 = 1_048_576.0;
    let program = |what: &str| {
        env::current_exe().map(|program| program.with_file_name(format!("openrosa-bench-{what}")))
    };
    let streaming = program("streaming")?;
    let less = memory::peak_of_child(&streaming, scale.restore())?.whole as f64;
    let more = memory::peak_of_child(&streaming, scale.large_restore())?.whole as f64;
    let fetching = program("fetching")?;
    let (few, _) = memory::peak_of_fetching_child(&fetching, scale.restore())?;
    let (many, _) = memory::peak_of_fetching_child(&fetching, scale.large_restore())?;
    let (stored, _) = memory::peak_of_fetching_child(&program("storing")?, scale.restore())?;
    let (few, many) = (few.whole as f64, many.whole as f64);
    Ok([
        Figure::new("peak-memory", more / MEBIBYTE),
        Figure::new("peak-memory-growth", (more - less) / MEBIBYTE),
        Figure::new("fetched-memory", many / MEBIBYTE),
        Figure::new("fetched-memory-growth", (many - few) / MEBIBYTE),
        Figure::new("stored-memory", stored.own as f64 / MEBIBYTE),
        Figure::new("stored-memory-with-code", stored.whole as f64 / MEBIBYTE),
    ])
}

/// Asks the binary beside this one, whose allocator counts and is slower for it.
fn allocations(scale: Scale) -> Result<[Figure; 5], Failure> {
    let counter = env::current_exe()?.with_file_name("openrosa-bench-allocations");
    let output = Command::new(counter).arg(scale.purged().to_string()).output().map_err(|error| {
        format!("{error}: `cargo build --release -p openrosa-bench` builds `openrosa-bench-allocations`")
    })?;
    let (borrowed, owned, kept, tenth, whole): (f64, f64, f64, f64, f64) =
        serde_json::from_slice(&output.stdout)?;
    Ok([
        Figure::new("allocations-borrowed", borrowed),
        Figure::new("allocations-owned", owned),
        Figure::new("kept-memory", kept),
        Figure::new("applied-bytes-per-case", whole),
        Figure::new("applied-bytes-growth", whole / tenth),
    ])
}

fn count_instructions(keep: Option<PathBuf>) -> Result<(), Failure> {
    let ratios = instructions::ratios(&env::current_exe()?)?;
    let json = serde_json::to_string_pretty(&ratios)?;
    println!("{json}");
    if let Some(file) = keep {
        return Ok(fs::write(file, json + "\n")?);
    }
    let regressions = instructions::regressions(&ratios)?;
    for (name, was, is) in &regressions {
        eprintln!("`{name}` fell from {was} to {is}");
    }
    match regressions.is_empty() {
        true => Ok(()),
        false => Err("slower than what is kept in instructions.json".into()),
    }
}
