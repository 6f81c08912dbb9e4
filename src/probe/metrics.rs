//! Prometheus' text form, as far as counters are read from it.
//!
//! `msg_insert_mongo_failed_total 0`, `api_count{code="0",method="POST",path="/msg/send_msg"} 14`

use std::collections::BTreeMap;

/// The sum of each metric over all its labels; `None` where the text is of another form.
#[must_use]
pub fn parse_metrics(text: &str) -> Option<BTreeMap<String, f64>> {
    let mut sums = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = parse_sample(line)?;
        *sums.entry(name.to_owned()).or_insert(0.0) += value;
    }
    (!sums.is_empty()).then_some(sums)
}

/// A label's value may hold blanks and braces, so the last brace ends the labels; a stamp may follow the value.
fn parse_sample(line: &str) -> Option<(&str, f64)> {
    let (name, rest) = match line.find('{') {
        Some(brace) => (line.get(..brace)?, line.rsplit_once('}')?.1),
        None => line.split_once(' ')?,
    };
    Some((name, rest.split_ascii_whitespace().next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_summed_over_their_labels() {
        let text = "# HELP api_count Total number of API calls\n# TYPE api_count counter\n\
                    api_count{code=\"0\",path=\"/a b}\"} 14\napi_count{code=\"1004\",path=\"/x\"} 2 1764000000000\n\
                    seq_set_failed_total 3\nprocess_virtual_memory_max_bytes 1.8446744073709552e+19\n";
        let sums = parse_metrics(text).expect("the form is right");
        assert!((sums["api_count"] - 16.0).abs() < f64::EPSILON);
        assert!((sums["seq_set_failed_total"] - 3.0).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_no_metrics_is_none() {
        assert_eq!(parse_metrics("404 page not found"), None);
        assert_eq!(parse_metrics("<html>"), None);
        assert_eq!(parse_metrics(""), None);
    }
}
