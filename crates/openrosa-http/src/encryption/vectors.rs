//! The initialization vectors: one a file, each following from the one before.

use md5::{Digest, Md5};

use super::key::SubmissionKey;

/// The vectors of one submission, in the order of its files: attachments in manifest order, then the form.
///
/// *Spec*: openrosa.md 7.2.
pub(super) struct Vectors {
    seed: [u8; 16],
    /// How many files have had theirs.
    files: usize,
}

impl Vectors {
    pub(super) fn new(instance_id: &str, key: &SubmissionKey) -> Self {
        let seed = Md5::new().chain_update(instance_id).chain_update(key.as_bytes()).finalize();
        Self { seed: seed.into(), files: 0 }
    }

    /// That of the next file: one byte of the seed goes up by one, a different one each time, and stays so.
    pub(super) fn next(&mut self) -> [u8; 16] {
        let byte = &mut self.seed[self.files % 16];
        *byte = byte.wrapping_add(1);
        self.files += 1;
        self.seed
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{INSTANCE, bytes, counted_key};
    use super::*;

    /// the seed and the vectors of the vector in 7.4.
    #[test]
    fn one_byte_goes_up_with_each_file() {
        let mut vectors = Vectors::new(INSTANCE, &counted_key());
        assert_eq!(vectors.seed[..], bytes("ae3b7ab17ea49c63dafdc084f446e4f6"));
        let all: Vec<[u8; 16]> = (0..17).map(|_| vectors.next()).collect();
        assert_eq!(all[0][..], bytes("af3b7ab17ea49c63dafdc084f446e4f6"));
        assert_eq!(all[1][..], bytes("af3c7ab17ea49c63dafdc084f446e4f6"));
        assert_eq!(all[15][..], bytes("af3c7bb27fa59d64dbfec185f547e5f7"));
        assert_eq!(all[16][..], bytes("b03c7bb27fa59d64dbfec185f547e5f7"));
    }

    #[test]
    fn a_byte_goes_round() {
        let mut vectors = Vectors { seed: [0xff; 16], files: 0 };
        assert_eq!(vectors.next()[..2], [0x00, 0xff]);
        assert_eq!(vectors.next()[..2], [0x00, 0x00]);
    }
}
