//! A network that does all that networks do, and what may come of it at worst: an error. Random schedules, the same in each run.

mod briefcase;
mod downloads;
mod restores;
mod site;
mod submissions;

use openrosa_tests::faults::{Fault, OTHER_HOST};

/// Numbers that look random and are the same in each run (`SplitMix64`).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    pub(super) fn size(&mut self, sides: usize) -> usize {
        usize::try_from(self.below(sides as u64)).expect("it is below a size")
    }

    pub(super) fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(super) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.size(choices.len())]
    }

    /// What happens to an exchange, where messages have some `length` bytes.
    pub(super) fn fault(&mut self, length: usize) -> Fault {
        match self.below(17) {
            0 => Fault::Delay,
            1 => Fault::Closed,
            2 | 3 => Fault::RequestCut(self.size(length)),
            4 | 5 => Fault::NoAnswer,
            6 | 7 => Fault::AnswerCut(self.size(length)),
            8 => Fault::AnswerShort(1 + self.size(12)),
            9 => Fault::Twice,
            10 => Fault::Portal(self.one_of(&[200, 201, 202, 204, 511])),
            11 => Fault::Gateway(429, self.flip().then_some(7)),
            12 => Fault::Gateway(503, self.flip().then_some(1)),
            13 => Fault::Gateway(self.one_of(&[500, 502, 504]), None),
            14 => Fault::GatewayBehind(504),
            15 => Fault::Elsewhere(self.one_of(&[302, 307]), OTHER_HOST),
            _ => Fault::None,
        }
    }

    /// What happens to the next exchanges, `most` of them at most.
    pub(super) fn faults(&mut self, most: u64, length: usize) -> Vec<Fault> {
        (0..self.below(most + 1)).map(|_| self.fault(length)).collect()
    }
}
