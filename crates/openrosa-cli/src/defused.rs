//! Cells of sheets that do nothing to those who open them.

/// A cell that no spreadsheet takes for a formula: what an answer begins with may be somebody's command to the computer of
/// whoever opens the sheet. Numbers are what they are.
/// This is what OWASP advises against CSV injection.
pub(crate) fn defused(cell: String) -> String {
    let is_risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_risky && !is_number(&cell) { format!("'{cell}") } else { cell }
}

fn is_number(cell: &str) -> bool {
    let is_figure = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    cell.chars().all(is_figure) && cell.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for risky in
            ["=1+1", "=cmd|' /C calc'!A0", "+1+1", "-2+3+cmd|x", "@SUM(A1)", "\t=1", "\r=1", "-", "+inf"]
        {
            assert_eq!(defused(risky.to_owned()), format!("'{risky}"));
        }
        for tame in ["", "a=1", "'=1", "-1", "+255712345678", "-1.5e3", "2024-05-01", "a\t=1", " =1"] {
            assert_eq!(defused(tame.to_owned()), tame);
        }
    }
}
