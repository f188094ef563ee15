//! Table: a report as Markdown, CSV or JSON.
//!
//! Invariant: no cell leaves its cell: neither a comma nor a line feed, nor a formula in a spreadsheet
//! (OWASP, CSV Injection), nor a control character on a terminal.

use crate::audit::export::csv;
use serde_json::{Map, Value, json};

use super::{Document, Section};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Markdown,
    /// RFC 4180, one table: notes and what is missing are not in it.
    Csv,
    /// One object.
    Json,
}

impl Document {
    /// The whole report.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Markdown => self.markdown(),
            Format::Csv => self.csv(),
            Format::Json => format!("{}\n", self.json()),
        }
    }

    fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n", markdown_cell(&self.title));
        for note in &self.notes {
            out += &format!("- {}\n", markdown_cell(note));
        }
        for section in &self.sections {
            out += &format!("\n## {}\n\n{}\n\n", markdown_cell(&section.name), markdown_cell(&section.about));
            if section.rows.is_empty() {
                out += "No row.\n";
                continue;
            }
            out +=
                &format!("| {} |\n|{}\n", section.columns.join(" | "), "---|".repeat(section.columns.len()));
            for row in &section.rows {
                let cells: Vec<String> = row.iter().map(|cell| markdown_cell(cell)).collect();
                out += &format!("| {} |\n", cells.join(" | "));
            }
        }
        if !self.missing.is_empty() {
            out += "\n## To be filled in by you\n\n| table | column | what |\n|---|---|---|\n";
            for row in &self.missing {
                let cells: Vec<String> = row.iter().map(|cell| markdown_cell(cell)).collect();
                out += &format!("| {} |\n", cells.join(" | "));
            }
        }
        out
    }

    /// Several tables stand in one, with the name of the table in front and the columns of all.
    fn csv(&self) -> String {
        let mut columns: Vec<&str> = Vec::new();
        for column in self.sections.iter().flat_map(|section| &section.columns) {
            if !columns.contains(column) {
                columns.push(column);
            }
        }
        let is_one = self.sections.len() == 1;
        let line = |cells: Vec<String>| format!("{}\r\n", cells.join(","));
        let head = (!is_one).then_some("template").into_iter().chain(columns.iter().copied());
        let mut out = line(head.map(csv_cell).collect());
        for section in &self.sections {
            for row in &section.rows {
                let of = |column: &&str| {
                    let at = section.columns.iter().position(|it| it == column);
                    csv_cell(at.and_then(|at| row.get(at)).map_or("", String::as_str))
                };
                let name = (!is_one).then(|| csv_cell(&section.name));
                out += &line(name.into_iter().chain(columns.iter().map(of)).collect());
            }
        }
        out
    }

    fn json(&self) -> Value {
        let missing =
            |[table, column, what]: &[String; 3]| json!({"table": table, "column": column, "what": what});
        json!({
            "title": self.title,
            "notes": self.notes,
            "tables": self.sections.iter().map(Section::json).collect::<Vec<_>>(),
            "to_be_filled_in": self.missing.iter().map(missing).collect::<Vec<_>>(),
        })
    }
}

impl Section {
    fn json(&self) -> Value {
        let row = |row: &Vec<String>| -> Value {
            let cells = self.columns.iter().zip(row);
            Value::Object(
                cells.map(|(column, cell)| ((*column).to_owned(), json!(cell))).collect::<Map<_, _>>(),
            )
        };
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        json!({"name": self.name, "about": self.about, "rows": rows})
    }
}

/// One line, with what Markdown would read as more than text escaped.
fn markdown_cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '<' | '>' | '`' | '*' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// A field of RFC 4180 that no spreadsheet runs; nothing is an empty one.
fn csv_cell(text: &str) -> String {
    let mut cell = Vec::new();
    if !text.is_empty() {
        csv::cell(text, &mut cell);
    }
    String::from_utf8_lossy(&cell).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let section = |name: &str, columns: Vec<&'static str>, row: &[&str]| Section {
            name: name.into(),
            about: "About.".into(),
            columns,
            rows: vec![row.iter().map(|cell| (*cell).to_owned()).collect()],
        };
        Document {
            title: "T".into(),
            notes: vec!["N".into()],
            sections: vec![
                section("one", vec!["a", "b"], &["1", "x|y"]),
                section("two", vec!["b", "c"], &["2", ""]),
            ],
            missing: vec![["two".into(), "c".into(), "C".into()]],
        }
    }

    #[test]
    fn a_cell_is_no_formula_and_does_not_leave_its_cell() {
        for (text, cell) in [
            ("paris", "paris"),
            ("a, b", "\"a, b\""),
            ("say \"a\"", "\"say \"\"a\"\"\""),
            ("a;b", "\"a;b\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("  =1+1", "\"'  =1+1\""),
            ("+49", "'+49"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("127.0.0.1:443", "127.0.0.1:443"),
        ] {
            assert_eq!(csv_cell(text), cell, "{text}");
        }
        assert_eq!(markdown_cell("a|b\n<i>\u{1b}[31m"), "a\\|b \\<i\\> \\[31m");
    }

    #[test]
    fn a_document_is_written_in_three_ways() {
        assert_eq!(document().render(Format::Csv), "template,a,b,c\r\none,1,x|y,\r\ntwo,,2,\r\n");
        assert_eq!(
            document().render(Format::Markdown),
            "# T\n\n- N\n\n## one\n\nAbout.\n\n| a | b |\n|---|---|\n| 1 | x\\|y |\n\n## two\n\nAbout.\n\n\
             | b | c |\n|---|---|\n| 2 |  |\n\n## To be filled in by you\n\n| table | column | what |\n|---|---|---|\n\
             | two | c | C |\n"
        );
        assert_eq!(
            document().render(Format::Json),
            "{\"notes\":[\"N\"],\"tables\":[{\"about\":\"About.\",\"name\":\"one\",\"rows\":[{\"a\":\"1\",\"b\":\"x|y\"}]},\
             {\"about\":\"About.\",\"name\":\"two\",\"rows\":[{\"b\":\"2\",\"c\":\"\"}]}],\"title\":\"T\",\
             \"to_be_filled_in\":[{\"column\":\"c\",\"table\":\"two\",\"what\":\"C\"}]}\n"
        );
    }
}
