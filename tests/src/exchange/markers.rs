//! The markers that stand for bytes a text file cannot or should not hold.

use super::Side;

/// Puts back what the markers of one side stand for.
pub(super) fn expand(recorded: &[u8]) -> Side {
    let mut bytes = Vec::with_capacity(recorded.len());
    let mut rest = recorded;
    while let Some(at) = find(rest, b"{{") {
        let Some(end) = find(&rest[at..], b"}}") else {
            break;
        };
        bytes.extend_from_slice(&rest[..at]);
        let marker = String::from_utf8_lossy(&rest[at + 2..at + end]).into_owned();
        rest = &rest[at + end + 2..];
        match meaning(&marker) {
            Meaning::Bytes(put_back) => bytes.extend(put_back),
            Meaning::Repeated { byte, times } => bytes.resize(bytes.len() + times, byte),
            Meaning::Cut => return Side::Cut(marker),
            Meaning::Absent => return Side::Absent(marker),
            Meaning::NoMarker => bytes.extend(format!("{{{{{marker}}}}}").bytes()),
        }
    }
    bytes.extend_from_slice(rest);
    Side::Whole(bytes)
}

enum Meaning {
    Bytes(Vec<u8>),
    Repeated { byte: u8, times: usize },
    Cut,
    Absent,
    NoMarker,
}

fn meaning(marker: &str) -> Meaning {
    let (kind, rest) = marker.split_once([' ', ':']).unwrap_or((marker, ""));
    match kind {
        "A" => Meaning::Bytes(b"Agent".into()),
        "a" => Meaning::Bytes(b"agent".into()),
        "S" => Meaning::Bytes(b"Session".into()),
        "s" => Meaning::Bytes(b"session".into()),
        "no" | "none" => Meaning::Absent,
        "text" | "cut" => Meaning::Cut,
        "bin" => field(rest, "hex").map_or(Meaning::Cut, |hex| Meaning::Bytes(from_hex(marker, hex))),
        "rep" => repeated(marker, rest),
        _ => Meaning::NoMarker,
    }
}

fn repeated(marker: &str, fields: &str) -> Meaning {
    let times = field(fields, "len").and_then(|len| len.parse().ok());
    let byte = field(fields, "byte").and_then(|byte| u8::from_str_radix(byte.strip_prefix("0x")?, 16).ok());
    match (byte, times) {
        (Some(byte), Some(times)) => Meaning::Repeated { byte, times },
        _ => panic!("unreadable marker `{marker}`"),
    }
}

fn field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    fields.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

fn from_hex(marker: &str, hex: &str) -> Vec<u8> {
    let digits: Option<Vec<_>> =
        hex.chars().map(|digit| digit.to_digit(16).map(|value| value as u8)).collect();
    let digits = digits.unwrap_or_else(|| panic!("no hex in `{marker}`"));
    let bytes: Vec<_> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    let length = marker.split(' ').nth(1).and_then(|field| field.strip_prefix("len="));
    assert_eq!(length, Some(bytes.len().to_string().as_str()), "length of `{marker}`");
    bytes
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(recorded: &str) -> Vec<u8> {
        expand(recorded.as_bytes()).whole().expect("whole")
    }

    #[test]
    fn header_names_hidden_in_markers_come_back() {
        assert_eq!(
            whole("User-{{A}}: x, user-{{a}}, {{S}}-{{s}}"),
            b"User-Agent: x, user-agent, Session-session"
        );
    }

    #[test]
    fn bytes_come_back_from_hex_and_repetition() {
        assert_eq!(whole("<{{bin len=3 hex=00ff41}}>"), b"<\x00\xffA>");
        assert_eq!(whole("<{{rep len=4 byte=0x78 sha256=00}}>"), b"<xxxx>");
    }

    #[test]
    fn what_was_cut_out_is_never_mistaken_for_the_wire() {
        assert!(matches!(expand(b"a{{bin len=9 sha256=00 head=01}}b"), Side::Cut(_)));
        assert!(matches!(expand(b"a{{text len=9 sha256=00 head:}}aaaa{{cut}}"), Side::Cut(_)));
    }

    #[test]
    fn silence_is_told_apart() {
        assert_eq!(expand(b"{{none: derived request}}"), Side::Absent("none: derived request".into()));
        assert!(matches!(expand(b"{{no response: connection closed by peer}}"), Side::Absent(_)));
    }

    #[test]
    fn other_double_braces_are_ordinary_bytes() {
        assert_eq!(whole("{{ mustache }} {{open"), b"{{ mustache }} {{open");
    }

    #[test]
    #[should_panic(expected = "length of `bin len=2 hex=00ff41`")]
    fn a_marker_whose_length_lies_is_a_broken_record() {
        expand(b"{{bin len=2 hex=00ff41}}");
    }
}
