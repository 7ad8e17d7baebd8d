//! Time, as the median of interleaved runs: whatever slows the machine down meets all contenders alike.

use std::{hint::black_box, time::Instant};

use crate::suites::Suite;

/// How fast each contender is, as a multiple of the first one's speed.
#[must_use]
pub fn ratios<I>(suite: Suite<I>, input: &I, runs: usize) -> Vec<(&'static str, f64)> {
    let mut times = vec![Vec::with_capacity(runs); suite.len()];
    // One run that does not count, so that nobody is the first to touch the input.
    for run in 0..=runs {
        for (contender, times) in suite.iter().zip(&mut times) {
            let start = Instant::now();
            let done = black_box((contender.run)(black_box(input)));
            let time = start.elapsed().as_secs_f64();
            drop(done);
            if run > 0 {
                times.push(time);
            }
        }
    }
    let medians: Vec<_> = times.into_iter().map(median).collect();
    suite.iter().zip(&medians).map(|(contender, median)| (contender.name, medians[0] / median)).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suites::Contender;

    const SLEEPERS: Suite<()> = &[
        Contender { name: "slow", run: |()| sleep(8).into() },
        Contender { name: "fast", run: |()| sleep(2).into() },
    ];

    fn sleep(milliseconds: u64) -> u64 {
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        milliseconds
    }

    #[test]
    fn twice_the_time_is_half_the_speed() {
        let ratios = ratios(SLEEPERS, &(), 3);
        assert_eq!(ratios[0], ("slow", 1.0));
        assert!((2.0..4.5).contains(&ratios[1].1), "{ratios:?}");
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
    }
}
