//! Results in the XML that build servers read (JUnit's, as Jenkins, GitLab and GitHub take it).
//!
//! Invariant: whatever stands in a title or a difference, the document is well-formed XML 1.0.

use std::fmt::Write as _;
use std::time::Duration;

/// The results of one file.
pub(super) struct Suite {
    pub(super) file: String,
    pub(super) outcomes: Vec<Outcome>,
}

/// One test: without problems it has passed.
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) line: u64,
    pub(super) problems: Vec<String>,
    pub(super) took: Duration,
}

impl Outcome {
    pub(super) fn failed(name: &str, problem: String) -> Outcome {
        Outcome { name: name.to_owned(), line: 0, problems: vec![problem], took: Duration::ZERO }
    }
}

impl Suite {
    pub(super) fn new(file: &str, outcomes: Vec<Outcome>) -> Suite {
        Suite { file: file.to_owned(), outcomes }
    }

    pub(super) fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| !outcome.problems.is_empty()).count()
    }
}

/// The report.
pub(super) fn junit(suites: &[Suite]) -> String {
    let all: usize = suites.iter().map(|suite| suite.outcomes.len()).sum();
    let failed: usize = suites.iter().map(Suite::failed).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites name=\"inland policy test\" tests=\"{all}\" failures=\"{failed}\">");
    for suite in suites {
        let file = escaped(&suite.file);
        let (tests, failures) = (suite.outcomes.len(), suite.failed());
        let _ = writeln!(xml, "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failures}\">");
        for outcome in &suite.outcomes {
            case(&mut xml, &file, outcome);
        }
        xml += "  </testsuite>\n";
    }
    xml += "</testsuites>\n";
    xml
}

/// Writing to a String cannot fail.
fn case(xml: &mut String, file: &str, outcome: &Outcome) {
    let (name, line) = (escaped(&outcome.name), outcome.line);
    let seconds = outcome.took.as_secs_f64();
    let _ = write!(
        xml,
        "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\" time=\"{seconds:.6}\""
    );
    let Some(first) = outcome.problems.first() else {
        *xml += "/>\n";
        return;
    };
    let text = escaped(&outcome.problems.join("\n"));
    let _ =
        writeln!(xml, ">\n      <failure message=\"{}\">{text}</failure>\n    </testcase>", escaped(first));
}

/// XML 1.0: five characters have names, and most control characters cannot be written at all.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&apos;",
            // In an attribute a bare one would be read as a blank.
            '\n' => safe += "&#10;",
            '\t' => safe += "&#9;",
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_with_markup_and_control_characters_stays_a_title() {
        let outcome = Outcome {
            name: "RS-1 <a href=\"x\">&'\u{0}\u{1b}[31m]]>".to_owned(),
            line: 7,
            problems: vec!["allow is [\"a\"]\nexpected []".to_owned()],
            took: Duration::from_micros(1500),
        };
        let good = Outcome { name: "good".to_owned(), line: 1, problems: Vec::new(), took: Duration::ZERO };
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"inland policy test\" tests=\"2\" failures=\"1\">\n  \
              <testsuite name=\"cases/a&amp;b.yaml\" tests=\"2\" failures=\"1\">\n    \
                <testcase classname=\"cases/a&amp;b.yaml\" name=\"RS-1 &lt;a href=&quot;x&quot;&gt;&amp;&apos;\u{fffd}\u{fffd}[31m]]&gt;\" \
                file=\"cases/a&amp;b.yaml\" line=\"7\" time=\"0.001500\">\n      \
                  <failure message=\"allow is [&quot;a&quot;]&#10;expected []\">allow is [&quot;a&quot;]&#10;expected []</failure>\n    \
                </testcase>\n    \
                <testcase classname=\"cases/a&amp;b.yaml\" name=\"good\" file=\"cases/a&amp;b.yaml\" line=\"1\" time=\"0.000000\"/>\n  \
              </testsuite>\n\
            </testsuites>\n";
        assert_eq!(junit(&[Suite::new("cases/a&b.yaml", vec![outcome, good])]), expected);
    }
}
