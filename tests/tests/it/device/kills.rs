//! A process that applies restores, killed at any moment.

use super::{
    numbered::{held, killed_after, pace, part_of, times},
    run,
};

/// After every kill the database holds a whole restore, its token with it: the last that the process said was applied, or the
/// one after it.
///
/// `OPENROSA_KILLS` says how often.
#[test]
fn a_killed_process_leaves_the_state_before_or_after() {
    let (kills, mut applied, mut unsaid) = (times("OPENROSA_KILLS", 40), 0, 0);
    let mut folder = tempfile::tempdir().unwrap();
    let (mut before, pace) = (0, pace());
    for kill in 0..kills {
        if kill % 10 == 0 {
            // The making of the tables is interrupted, too.
            (folder, before) = (tempfile::tempdir().unwrap(), 0);
        }
        let path = folder.path().join("device.db");
        let longest = if kill % 10 < 2 { pace / 8 } else { pace };
        let said = killed_after(part_of(longest), &path).unwrap_or(before);
        let now = run(held(&path));
        assert!(now == said || now == said + 1, "{said} was applied, and {now} is there");
        (applied, unsaid) = (applied + now - before, unsaid + now - said);
        before = now;
    }
    println!("{kills} kills, {applied} restores; {unsaid} times one was applied and not said to be");
    assert!(applied > kills / 20, "{applied} restores in {kills} kills");
}
