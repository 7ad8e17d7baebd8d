//! Rows under headings, in columns as wide as what is in them.

use std::fmt::Write;

use textwrap::core::display_width;

use crate::page::LABEL;

/// Wider cells are cut.
const WIDEST: usize = 48;

/// Where the cells of a column stand: numbers to the right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Writes the headings and the rows, indented by two.
pub(crate) fn write(out: &mut String, headings: &[(&str, Side)], rows: &[Vec<String>]) {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| cut(cell)).collect()).collect();
    let widest =
        |column: usize| rows.iter().map(|row| row.get(column).map_or(0, |cell| display_width(cell))).max();
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(column, (heading, _))| widest(column).unwrap_or(0).max(display_width(heading)))
        .collect();
    let titles: Vec<String> = headings.iter().map(|(heading, _)| (*heading).to_owned()).collect();
    let _ = writeln!(out, "  {LABEL}{}{LABEL:#}", line(&titles, headings, &widths));
    for row in &rows {
        let _ = writeln!(out, "  {}", line(row, headings, &widths));
    }
}

fn line(cells: &[String], headings: &[(&str, Side)], widths: &[usize]) -> String {
    let mut line = String::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if column > 0 {
            line.push_str("  ");
        }
        let space = " ".repeat(width.saturating_sub(display_width(cell)));
        match headings[column].1 {
            Side::Left => line.extend([cell.as_str(), &space]),
            Side::Right => line.extend([space.as_str(), cell]),
        }
    }
    line.truncate(line.trim_end().len());
    line
}

fn cut(cell: &str) -> String {
    match cell.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &cell[..end]),
        None => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_wide_characters_count_double() {
        let mut out = String::new();
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        write(
            &mut out,
            &[("type", Side::Left), ("cases", Side::Right)],
            &[row("日本", "7"), row("b", "1,200")],
        );
        assert_eq!(
            anstream::adapter::strip_str(&out).to_string(),
            "  type  cases\n  日本      7\n  b     1,200\n"
        );
    }
}
