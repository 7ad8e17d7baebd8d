//! Basic: name and password, barely wrapped. Never over plain http (OpenRosa Authentication, Basic).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderValue;

use super::{Credentials, secret_header, write_quoted};

/// Padding is written and not insisted on, as some clients leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The `Authorization` value; `None` for a name with a colon, which Basic cannot say (RFC 7617, 2).
///
/// Name and password go as UTF-8, the password [composed](super::Secret::composed).
pub fn authorization(credentials: &Credentials) -> Option<HeaderValue> {
    if credentials.user().contains(':') {
        return None;
    }
    let pair = format!("{}:{}", credentials.user(), credentials.expose_password());
    secret_header(format!("Basic {}", BASE64.encode(pair)).as_bytes())
}

/// Reads an `Authorization` value; `None` when it is of another scheme or makes no sense.
///
/// Bytes that are not UTF-8 are taken for ISO 8859-1, the older habit.
pub fn parse(authorization: &HeaderValue) -> Option<Credentials> {
    let (scheme, token) = authorization.to_str().ok()?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = BASE64.decode(token.trim()).ok()?;
    let pair = String::from_utf8(pair)
        .unwrap_or_else(|latin| latin.as_bytes().iter().map(|&byte| char::from(byte)).collect());
    let (user, password) = pair.split_once(':')?;
    Some(Credentials::new(user, password))
}

/// The `WWW-Authenticate` value that asks for Basic in `realm`; `None` where the realm cannot stand in a header.
pub fn challenge(realm: &str) -> Option<HeaderValue> {
    let mut value = b"Basic realm=".to_vec();
    write_quoted(&mut value, realm.as_bytes());
    value.extend_from_slice(b", charset=\"UTF-8\"");
    HeaderValue::from_bytes(&value).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// R-028: the Basic value is that of RFC 7617, 2.
    #[test]
    fn the_example_of_the_rfc() {
        let aladdin = Credentials::new("Aladdin", "open sesame");
        let value = authorization(&aladdin).unwrap();
        assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(value.is_sensitive());
        assert_eq!(authorization(&Credentials::new("a:b", "c")), None);
    }

    #[test]
    fn other_schemes_and_nonsense_are_none() {
        for text in ["", "Basic", "Basic ", "Basic !!", "Basic QQ==", "Bearer QTpi", "Digest username=\"a\""]
        {
            assert!(parse(&HeaderValue::from_static(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn loose_writers_are_understood() {
        let read = |text| parse(&HeaderValue::from_static(text)).unwrap();
        assert_eq!(read("bAsIc  QTpi").user(), "A");
        assert_eq!(read("Basic QWE6Yg").expose_password(), "b");
        assert_eq!(read("Basic 6TpiOmM=").user(), "\u{e9}");
        assert_eq!(read("Basic 6TpiOmM=").expose_password(), "b:c");
    }

    #[test]
    fn the_challenge_quotes_its_realm() {
        assert_eq!(challenge(r#"a "b" \"#).unwrap(), r#"Basic realm="a \"b\" \\", charset="UTF-8""#);
        assert_eq!(challenge("a\nb"), None);
    }

    proptest! {
        /// R-113: any name without a colon, any password in its composed form, survives the header.
        #[test]
        fn names_and_passwords_survive(user in "[^:]{0,249}", password in any::<String>()) {
            let given = Credentials::new(&*user, &*password);
            let read = parse(&authorization(&given).unwrap()).unwrap();
            prop_assert_eq!(read.user(), user);
            prop_assert_eq!(read.expose_password(), given.expose_password());
        }
    }
}
