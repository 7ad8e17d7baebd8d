//! The keys: the pair that belongs to a form, and the one of a single submission, which travels wrapped in it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openrosa_xml::XForm;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::rand_core::TryCryptoRng;
use rsa::sha2::Sha256;
use zeroize::Zeroizing;

/// What a blank form carries: whoever has it can encrypt, and nobody can decrypt with it.
///
/// *Wire*: `@base64RsaPublicKey` of `<submission>` in a blank form. *Spec*: openrosa.md 7.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(rsa::PublicKey);

impl PublicKey {
    /// The key of a blank form; `None` for a form whose submissions are sent as they are, which a blank attribute means
    /// too, as in ODK Collect.
    ///
    /// # Errors
    /// The form has a key that nobody can use. Its submissions must not be sent at all.
    pub fn of_form(form: &XForm<'_>) -> Result<Option<Self>, KeyError> {
        let submissions = form.model().map_or(&[][..], |model| &model.submissions);
        let mut keys = submissions.iter().filter_map(|submission| submission.public_key());
        keys.find(|key| !key.trim().is_empty()).map(Self::from_base64).transpose()
    }

    /// The key as a form has it: base64 of a DER SubjectPublicKeyInfo. White space within is passed over.
    ///
    /// # Errors
    /// It is not base64, or not that of an RSA key of 1024 to 8192 bits.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let der = unbase64(text).ok_or(KeyError::NotBase64)?;
        rsa::PublicKey::from_public_key_der(&der).map(Self).map_err(|_| KeyError::NotPublic)
    }

    /// RSA-OAEP with an empty label, SHA-256 both for it and for its mask, in base64 without line breaks (openrosa.md 7.2).
    pub(super) fn wrap<R>(&self, secret: &[u8], rng: &mut R) -> Result<String, rsa::Error>
    where
        R: TryCryptoRng + ?Sized,
    {
        self.0.oaep_encrypt_with_rng::<Sha256, _>(rng, secret).map(|wrapped| STANDARD.encode(wrapped))
    }
}

/// What opens the submissions of a form. It is wiped from memory when it is dropped.
#[derive(Clone)]
pub struct PrivateKey(rsa::PrivateKey);

impl PrivateKey {
    /// The key from a file, whatever it is there: PEM or DER, PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// It is none of these, or locked with a passphrase.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("-----BEGIN ") => Self::from_pem(text),
            _ => Self::from_der(bytes),
        }
    }

    /// The key from PEM: `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1), whatever stands before and behind it.
    ///
    /// # Errors
    /// It is neither, or locked with a passphrase.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        // The header of PKCS#8, and the one that OpenSSL puts into PKCS#1.
        if text.contains("BEGIN ENCRYPTED ") || text.contains("4,ENCRYPTED") {
            return Err(KeyError::Locked);
        }
        let key = block(text, "PRIVATE KEY").and_then(|pem| rsa::PrivateKey::from_pkcs8_pem(pem).ok());
        let pkcs1 = || rsa::PrivateKey::from_pkcs1_pem(block(text, "RSA PRIVATE KEY")?).ok();
        key.or_else(pkcs1).map(Self).ok_or(KeyError::NotPrivate)
    }

    /// The key from DER: PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// It is neither.
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = rsa::PrivateKey::from_pkcs8_der(bytes).ok();
        key.or_else(|| rsa::PrivateKey::from_pkcs1_der(bytes).ok()).map(Self).ok_or(KeyError::NotPrivate)
    }

    /// The other half, which a blank form carries.
    pub fn to_public(&self) -> PublicKey {
        PublicKey(self.0.to_public_key())
    }

    /// What was wrapped with the other half. The operating system's randomness blinds the arithmetic.
    pub(super) fn unwrap(&self, wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.0.oaep_decrypt::<Sha256>(wrapped).ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}

/// The key of one submission: 256 random bits, for AES. It is wiped from memory when it is dropped.
pub(super) struct SubmissionKey(Zeroizing<[u8; 32]>);

impl SubmissionKey {
    pub(super) fn random<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.try_fill_bytes(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// `None` where it is not of the one length a key has.
    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The first part of a PEM that is called so. Windows begins texts with a byte order mark, and some keep the public key beside
/// the private one.
fn block<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let text = &text[text.find(&begin)?..];
    Some(&text[..text.find(&end)? + end.len()])
}

/// Bytes from base64, which people and XML writers wrap.
pub(super) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

/// Why something is not the key of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The attribute of the blank form holds other characters.
    #[error("the public key is not base64")]
    NotBase64,
    /// Base64, and something else inside.
    #[error("the public key is not an RSA key in a SubjectPublicKeyInfo")]
    NotPublic,
    /// No PEM or DER that we know.
    #[error("this is not an RSA private key in PKCS#8 or PKCS#1")]
    NotPrivate,
    /// A passphrase is needed, which we do not ask for.
    #[error("the private key is locked with a passphrase")]
    Locked,
}
