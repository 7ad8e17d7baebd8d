//! One file through the cipher: AES-256 in CFB with 128 bits of feedback and PKCS#7 padding, a chunk at a time.

use std::io::{self, ErrorKind, Read, Write};

use aes::Aes256;
use cfb_mode::cipher::KeyIvInit as _;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::key::SubmissionKey;

const BLOCK: usize = 16;
/// How much of a file is in memory at a time.
const CHUNK: usize = 64 * 1024;

/// What a file was before it was encrypted.
pub(super) struct Plain {
    pub(super) len: u64,
    pub(super) md5: [u8; 16],
}

/// Why a file did not get through.
#[derive(Debug)]
pub(super) enum Broken {
    Read(io::Error),
    Write(io::Error),
    /// Not whole blocks, or no padding at their end: cut, altered, or not encrypted with this key and vector.
    Damaged,
}

/// Encrypts a file. There is always padding: a file of whole blocks gets one more.
pub(super) fn encrypt(
    key: &SubmissionKey,
    vector: [u8; BLOCK],
    mut plain: impl Read,
    mut sealed: impl Write,
) -> Result<Plain, Broken> {
    let mut cipher = cfb_mode::BufEncryptor::<Aes256>::new(key.as_bytes().into(), &vector.into());
    let mut buffer = Zeroizing::new(vec![0; CHUNK]);
    let (mut len, mut md5) = (0, Md5::new());
    loop {
        let read = read(&mut plain, &mut buffer)?;
        let chunk = &mut buffer[..read];
        len += chunk.len() as u64;
        md5.update(&*chunk);
        if chunk.is_empty() {
            break;
        }
        cipher.encrypt(chunk);
        sealed.write_all(chunk).map_err(Broken::Write)?;
    }
    let mut padding = padding(len);
    cipher.encrypt(&mut padding);
    sealed.write_all(&padding).and_then(|()| sealed.flush()).map_err(Broken::Write)?;
    Ok(Plain { len, md5: md5.finalize().into() })
}

/// As many bytes as are missing to a whole block, each saying how many they are.
fn padding(len: u64) -> Vec<u8> {
    let missing = BLOCK as u8 - (len % BLOCK as u64) as u8;
    vec![missing; usize::from(missing)]
}

/// Decrypts a file. The last block is held back until it is known to be the last, as it ends in padding.
pub(super) fn decrypt(
    key: &SubmissionKey,
    vector: [u8; BLOCK],
    mut sealed: impl Read,
    mut plain: impl Write,
) -> Result<Plain, Broken> {
    let mut cipher = cfb_mode::BufDecryptor::<Aes256>::new(key.as_bytes().into(), &vector.into());
    let mut buffer = Zeroizing::new(vec![0; BLOCK + CHUNK]);
    let (mut held, mut len, mut md5) = (0, 0, Md5::new());
    let mut pass_on = |bytes: &[u8]| {
        len += bytes.len() as u64;
        md5.update(bytes);
        plain.write_all(bytes).map_err(Broken::Write)
    };
    let mut whole = 0;
    loop {
        let read = read(&mut sealed, &mut buffer[held..])?;
        if read == 0 {
            break;
        }
        cipher.decrypt(&mut buffer[held..held + read]);
        whole += read as u64;
        let end = held + read;
        held = end.min(BLOCK);
        pass_on(&buffer[..end - held])?;
        buffer.copy_within(end - held..end, 0);
    }
    if whole % BLOCK as u64 != 0 {
        return Err(Broken::Damaged);
    }
    pass_on(without_padding(&buffer[..held]).ok_or(Broken::Damaged)?)?;
    plain.flush().map_err(Broken::Write)?;
    Ok(Plain { len, md5: md5.finalize().into() })
}

/// The last block without its padding; `None` where it has none, or there is no last block.
fn without_padding(block: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*block.last()?);
    let start = block.len().checked_sub(padding).filter(|_| padding > 0)?;
    let (rest, padded) = block.split_at(start);
    padded.iter().all(|&byte| usize::from(byte) == padding).then_some(rest)
}

/// What there is to read now; nothing only at the end.
fn read(from: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Broken> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.map_err(Broken::Read),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{INSTANCE, bytes, counted_key};
    use super::super::vectors::Vectors;
    use super::*;

    /// Gives a few bytes at a time, and is interrupted in between.
    struct Trickle<'a>(&'a [u8], usize, bool);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(ErrorKind::Interrupted.into());
            }
            let some = self.1.min(buffer.len());
            (&mut self.0).take(some as u64).read(&mut buffer[..some])
        }
    }

    fn sealed(vector: [u8; 16], plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        let told = encrypt(&counted_key(), vector, plain, &mut sealed).unwrap();
        assert_eq!((told.len, told.md5), (plain.len() as u64, Md5::digest(plain).into()));
        sealed
    }

    fn opened(vector: [u8; 16], sealed: &[u8], step: usize) -> Result<Vec<u8>, Broken> {
        let mut plain = Vec::new();
        let told = decrypt(&counted_key(), vector, Trickle(sealed, step, false), &mut plain)?;
        assert_eq!((told.len, told.md5), (plain.len() as u64, Md5::digest(&plain).into()));
        Ok(plain)
    }

    /// the three files of the vector in 7.4.
    #[test]
    fn the_files_of_the_vector() {
        let mut vectors = Vectors::new(INSTANCE, &counted_key());
        let [first, second] = [vectors.next(), vectors.next()];
        for (vector, plain, expected) in [
            (first, "abc", "fe6157df53d701df9b0f0ca669dc70f2"),
            (second, "<data/>", "a60cfbfc3438418a87c396d7465bcaf8"),
            (first, "0123456789abcdef", "af3206e16aef3ae5ae3b60c907b51899fa05b3bbecf42796860a64376dda8acc"),
        ] {
            assert_eq!(sealed(vector, plain.as_bytes()), bytes(expected), "{plain}");
            assert_eq!(opened(vector, &bytes(expected), 7).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn what_is_not_whole_blocks_is_damaged() {
        let sealed = sealed([7; 16], b"0123456789abcdef");
        for cut in (0..sealed.len()).filter(|&cut| cut != 16) {
            assert!(matches!(opened([7; 16], &sealed[..cut], 64), Err(Broken::Damaged)), "{cut}");
        }
        // One block fewer is caught by its lack of padding, though not of necessity.
        assert!(matches!(opened([7; 16], &sealed[..16], 64), Err(Broken::Damaged)));
    }

    #[test]
    fn padding_says_in_each_byte_how_long_it_is() {
        assert_eq!(without_padding(&[16; 16]), Some(&[][..]));
        assert_eq!(without_padding(b"0123456789abcde\x01"), Some(&b"0123456789abcde"[..]));
        for damaged in [&b"0123456789abcde\x02"[..], b"0123456789abcde\x00", &[17; 16], b""] {
            assert_eq!(without_padding(damaged), None, "{damaged:?}");
        }
    }

    proptest! {
        #[test]
        fn what_went_in_comes_out(plain: Vec<u8>, vector: [u8; 16], step in 1_usize..100) {
            let mut whole = Vec::new();
            encrypt(&counted_key(), vector, Trickle(&plain, step, false), &mut whole).unwrap();
            prop_assert_eq!(whole.len(), plain.len() / 16 * 16 + 16);
            prop_assert_eq!(opened(vector, &whole, step).unwrap(), plain);
        }
    }

    #[test]
    fn files_of_several_chunks_go_through() {
        for len in [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5] {
            let plain: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
            assert_eq!(opened([9; 16], &sealed([9; 16], &plain), usize::MAX).unwrap(), plain);
        }
    }
}
