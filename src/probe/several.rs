//! Several servers of one kind, asked at once: one that hangs keeps nobody from hearing the others.

use std::time::Duration;

use tokio::task::JoinSet;

use super::Failure;

/// Asks each address, no longer than `limit`; the answers come in the order of the addresses.
pub(super) async fn ask_each<T, F>(
    addresses: &[String],
    limit: Duration,
    ask: impl Fn(String) -> F,
) -> Vec<Result<T, Failure>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let mut asked = start(addresses, limit, ask);
    let mut answers: Vec<_> = addresses.iter().map(|_| Err(Failure::NoAnswer(limit))).collect();
    while let Some(Ok((place, answer))) = asked.join_next().await {
        answers[place] = answer;
    }
    answers
}

/// Those that answered, and the others in words: "a:1 refuses connections".
pub(super) struct Parted<T> {
    /// Each with its address.
    pub(super) answered: Vec<(String, T)>,
    /// Each with its failure.
    pub(super) away: Vec<String>,
}

/// Parts those that answered from the others.
///
/// # Errors
/// None answered: what came of the first address.
pub(super) fn part<T>(addresses: &[String], answers: Vec<Result<T, Failure>>) -> Result<Parted<T>, Failure> {
    let (mut parted, mut first) = (Parted { answered: Vec::new(), away: Vec::new() }, None);
    for (address, answer) in addresses.iter().zip(answers) {
        match answer {
            Ok(answer) => parted.answered.push((address.clone(), answer)),
            Err(failure) => {
                parted.away.push(format!("{address} {failure}"));
                first = first.or(Some(failure));
            }
        }
    }
    if parted.answered.is_empty() { Err(first.unwrap_or(Failure::NoAddress)) } else { Ok(parted) }
}

/// The first that answers; the others are left. Where none does, what came of the first address.
pub(super) async fn ask_any<T, F>(
    addresses: &[String],
    limit: Duration,
    ask: impl Fn(String) -> F,
) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let mut asked = start(addresses, limit, ask);
    let mut failures = vec![Failure::NoAddress; addresses.len()];
    while let Some(Ok((place, answer))) = asked.join_next().await {
        match answer {
            Ok(answer) => return Ok(answer),
            Err(failure) => failures[place] = failure,
        }
    }
    Err(failures.into_iter().next().unwrap_or(Failure::NoAddress))
}

fn start<T, F>(
    addresses: &[String],
    limit: Duration,
    ask: impl Fn(String) -> F,
) -> JoinSet<(usize, Result<T, Failure>)>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let mut asked = JoinSet::new();
    for (place, address) in addresses.iter().enumerate() {
        let question = tokio::time::timeout(limit, ask(address.clone()));
        asked.spawn(async move { (place, question.await.unwrap_or(Err(Failure::NoAnswer(limit)))) });
    }
    asked
}
