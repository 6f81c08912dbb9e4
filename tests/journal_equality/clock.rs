//! A clock that was put back: the near end of the time that is asked for is where a bisection leads, and what follows
//! may be of another time; reading ends at the first entry beyond the far end.

use super::answer::{can_be_compared, differences};
use super::corpus::Corpus;
use super::question::Question;

/// The seconds of the corpus around which its clock is put back, with those before.
const PUT_BACK: [u64; 6] = [48, 105, 160, 214, 270, 325];

#[test]
fn times_around_a_clock_that_was_put_back_have_the_same_answer() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let is_asked = |options: &[String]| {
        let line = options.join(" ");
        ["overlapping", "compact-zstd", "regular-old-hash-xz"].iter().any(|name| line.contains(name))
    };
    let mut failures = Vec::new();
    for (place, _) in corpus.places.iter().filter(|(place, _)| is_asked(&place.options)) {
        for (second, tenth) in PUT_BACK.iter().flat_map(|second| (0..60).step_by(6).map(move |t| (second, t)))
        {
            let time = format!("@{}.{}", 1_700_000_000 + second + tenth / 10, tenth % 10);
            for options in
                ["-S", "-U", "-r -S", "-r -U", "-n 5 -S", "PRIORITY=6 _UID=0 -S", "PRIORITY=6 -r -U"]
            {
                let words = ["-o", "export", "--output-fields=_PID"].into_iter().chain(options.split(' '));
                let place = place.options.iter().map(String::as_str);
                let question = Question::new(place.chain(words).chain([time.as_str()]));
                failures.extend(differences(&question));
            }
        }
    }
    assert!(failures.is_empty(), "{} differ\n{}", failures.len(), failures[0]);
}
