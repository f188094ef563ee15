//! How results are shown: aligned columns, wrapped text.

/// Text is wrapped at this width.
const WIDTH: usize = 100;
/// The blank columns between two cells.
const GAP: &str = "  ";

/// Rows of cells under a head, each column as wide as its widest cell.
pub(super) struct Table(Vec<Vec<String>>);

impl Table {
    pub(super) fn new<const N: usize>(head: [&str; N]) -> Table {
        Table(vec![head.map(str::to_owned).into()])
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.into());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.len() < 2
    }

    /// The lines, each behind an indent. The last column is wrapped and hangs below itself.
    pub(super) fn lines(&self, indent: &str) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let widest =
            |column: usize| self.0.iter().filter_map(|row| row.get(column)).map(|it| width(it)).max();
        let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &self.0 {
            let mut line = indent.to_owned();
            for (number, (cell, column)) in row.iter().zip(&widths).enumerate() {
                if number + 1 < row.len() {
                    line += &format!("{cell:<column$}{GAP}");
                } else {
                    line = wrapped(&line, cell);
                }
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Text behind a start, wrapped between words; the following lines stand below its own beginning.
pub(in crate::command) fn wrapped(start: &str, text: &str) -> String {
    let hang = width(start);
    let mut lines = start.to_owned();
    let mut at = hang;
    for (number, word) in text.split_whitespace().enumerate() {
        let is_first = number == 0;
        if !is_first && at + 1 + width(word) > WIDTH {
            lines += &format!("\n{:hang$}", "");
            at = hang;
        } else if !is_first {
            lines.push(' ');
            at += 1;
        }
        lines += word;
        at += width(word);
    }
    lines
}

/// `1 rule`, `2 rules`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_the_last_one_hangs() {
        let mut table = Table::new(["PAIR", "WHY"]);
        table.row(["zürich/large".to_owned(), "word ".repeat(25)]);
        table.row(["a".to_owned(), String::new()]);
        let words = "word ".repeat(17);
        let expected = format!(
            "  PAIR          WHY\n  zürich/large  {}\n                {}\n  a\n",
            words.trim_end(),
            "word ".repeat(8).trim_end()
        );
        assert_eq!(table.lines("  "), expected);
    }

    #[test]
    fn a_count_has_its_noun_in_the_right_number() {
        assert_eq!((count(1, "rule"), count(0, "case")), ("1 rule".to_owned(), "0 cases".to_owned()));
    }
}
