//! `MinIO`: its health routes, and OpenIM's bucket by a signed `HEAD` (AWS signature version 4). Nothing is created.
//!
//! ```text
//! GET  /minio/health/live            → 200
//! GET  /minio/health/cluster         → 200, 503 without write quorum
//! HEAD /openim  Authorization: AWS4-HMAC-SHA256 Credential=root/20261125/us-east-1/s3/aws4_request, …
//!                                    → 200, 403 wrong key or wrong clock, 404 no such bucket
//! ```

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, Method};
use sha2::{Digest, Sha256};

use super::dependency::{self, Describe, Severity};
use super::web::{Answer, Request, Url, fetch};
use super::{Failure, hex, seconds_ahead};
use crate::openim::dependency::{Login, Minio};
use crate::probe::tls::Trust;
use crate::time::Timestamp;

/// The region of a `MinIO` that names none.
const REGION: &str = "us-east-1";

/// What is wrong with a `MinIO` that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The process lives and is not ready.
    NotLive(u16),
    /// Too few drives to write.
    NoQuorum,
    /// The bucket is not there.
    NoBucket(String),
    /// The key or its secret is wrong.
    KeyRefused(String),
    /// Its clock is too far from ours, so that it takes no signature of ours.
    OtherTime {
        /// How many seconds it is before ours, where it tells.
        ahead: Option<i64>,
    },
    /// The bucket's question was answered by something else.
    BucketUnclear(u16),
}

// What it asks.

/// Asks whether it lives, whether it can write, and whether OpenIM's bucket is there.
pub(super) async fn probe_minio(
    minio: &Minio,
    timeout: Duration,
) -> Result<Vec<dependency::Trouble>, Failure> {
    let get = async |path: &str| ask(minio, Method::GET, path, Vec::new(), timeout).await;
    let live = get("/minio/health/live").await?;
    let troubles: Vec<Trouble> = match live.status {
        200 => {
            let (cluster, bucket) = tokio::join!(get("/minio/health/cluster"), head_bucket(minio, timeout));
            [judge_cluster(&cluster?), judge_bucket(minio, &bucket?)].into_iter().flatten().collect()
        }
        status @ (503 | 429) => vec![Trouble::NotLive(status)],
        _ => return Err(Failure::WrongProtocol("MinIO")),
    };
    Ok(troubles.iter().map(dependency::Trouble::of).collect())
}

async fn head_bucket(minio: &Minio, timeout: Duration) -> Result<Answer, Failure> {
    let path = format!("/{}", minio.bucket);
    let now = Timestamp::read_clock().utc();
    let signed =
        sign(&Question { method: "HEAD", host: &minio.address, path: &path, query: "" }, &minio.login, now);
    let headers = vec![
        ("x-amz-date", signed.date),
        ("x-amz-content-sha256", EMPTY.to_owned()),
        ("authorization", signed.authorization),
    ];
    ask(minio, Method::HEAD, &path, headers, timeout).await
}

/// One request on a connection of its own. OpenIM has no key for a certificate: it trusts whom the machine trusts.
async fn ask(
    minio: &Minio,
    method: Method,
    path: &str,
    headers: Vec<(&'static str, String)>,
    timeout: Duration,
) -> Result<Answer, Failure> {
    let scheme = if minio.tls.is_some() { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{}{path}", minio.address)).ok_or(Failure::NoAddress)?;
    let values = headers.into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
    });
    let headers = values.chain([(http::header::HOST, host_header(minio)?)]).collect();
    let request = Request { url, method, headers, body: Bytes::new(), trust: Trust::System };
    Ok(Box::pin(fetch(&request, timeout)).await?)
}

/// The host as it is signed.
fn host_header(minio: &Minio) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(&minio.address).map_err(|_| Failure::NoAddress)
}

/// The SHA-256 of no body.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A request without a body.
struct Question<'q> {
    method: &'static str,
    host: &'q str,
    path: &'q str,
    query: &'static str,
}

struct Signed {
    date: String,
    authorization: String,
}

/// Source: AWS, "Authenticating Requests (AWS Signature Version 4)".
fn sign(question: &Question, login: &Login, now: DateTime<Utc>) -> Signed {
    const HEADERS: &str = "host;x-amz-content-sha256;x-amz-date";
    let (day, date) = (now.format("%Y%m%d").to_string(), now.format("%Y%m%dT%H%M%SZ").to_string());
    let Question { method, host, path, query } = question;
    let canonical = format!(
        "{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{EMPTY}\nx-amz-date:{date}\n\n{HEADERS}\n{EMPTY}"
    );
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let secret = format!("AWS4{}", login.password.expose());
    let key = [day.as_str(), REGION, "s3", "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| keyed_hash(&key, part.as_bytes()));
    let signature = hex(&keyed_hash(&key, to_sign.as_bytes()));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={HEADERS}, Signature={signature}",
        login.user
    );
    Signed { date, authorization }
}

fn keyed_hash(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length will do for HMAC; only its type says that it might not.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

// How it judges.

fn judge_cluster(answer: &Answer) -> Option<Trouble> {
    // 404: a version without the route says nothing of its drives.
    (answer.status == 503).then_some(Trouble::NoQuorum)
}

/// A HEAD has no body; what is wrong stands in headers.
fn judge_bucket(minio: &Minio, answer: &Answer) -> Option<Trouble> {
    match answer.status {
        200 => None,
        404 => Some(Trouble::NoBucket(minio.bucket.clone())),
        401 | 403 if header(answer, "x-minio-error-code") == Some("RequestTimeTooSkewed") => {
            Some(Trouble::OtherTime { ahead: seconds_ahead(header(answer, "date")) })
        }
        401 | 403 => {
            let words = header(answer, "x-minio-error-desc").unwrap_or("Access Denied");
            Some(Trouble::KeyRefused(words.trim_matches('"').to_owned()))
        }
        status => Some(Trouble::BucketUnclear(status)),
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name)?.to_str().ok()
}

// Its sentences.

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLive(status) => write!(f, "is up but not ready (HTTP {status})"),
            Self::NoQuorum => f.write_str("lives, but too few of its drives are there to write"),
            Self::NoBucket(bucket) => write!(f, "serves, but has no bucket {bucket:?}"),
            Self::KeyRefused(words) => {
                write!(f, "is reachable but refuses OpenIM's key: {}", words.trim_end_matches('.'))
            }
            Self::OtherTime { ahead: None } => {
                f.write_str("is reachable, but its clock is too far from this machine's: it takes no request")
            }
            Self::OtherTime { ahead: Some(ahead) } => {
                let direction = if *ahead < 0 { "behind" } else { "before" };
                let seconds = ahead.unsigned_abs();
                write!(
                    f,
                    "is reachable, but its clock is {seconds} s {direction} this machine's: it takes no request"
                )
            }
            Self::BucketUnclear(status) => write!(f, "lives, and answers for the bucket with HTTP {status}"),
        }
    }
}

impl Describe for Trouble {
    fn aspect(&self) -> &'static str {
        match self {
            Self::NotLive(_) | Self::NoQuorum => "live",
            Self::NoBucket(_) | Self::KeyRefused(_) | Self::OtherTime { .. } | Self::BucketUnclear(_) => {
                "bucket"
            }
        }
    }

    fn severity(&self) -> Severity {
        match self {
            // rpc-third makes the bucket itself when it starts.
            Self::NoQuorum | Self::NoBucket(_) => Severity::Warns,
            Self::BucketUnclear(_) => Severity::Unclear,
            Self::NotLive(_) | Self::KeyRefused(_) | Self::OtherTime { .. } => Severity::Fails,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotLive(_) => "wait until MinIO is up, and look into its log".to_owned(),
            Self::NoQuorum => "bring its drives or nodes back; `mc admin info` names them".to_owned(),
            Self::NoBucket(_) => {
                "start rpc-third once, which creates it, or create it with `mc mb`".to_owned()
            }
            Self::KeyRefused(_) => "correct accessKeyID and secretAccessKey in minio.yml".to_owned(),
            Self::OtherTime { .. } => {
                "set both clocks by NTP; `timedatectl` says whether this machine's is".to_owned()
            }
            Self::BucketUnclear(_) => "see what lies between OpenIM and MinIO (a proxy?)".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::dependency::Secret;

    /// Source: AWS, "Signature Calculations for the Authorization Header", the example "GET Bucket Lifecycle".
    #[test]
    fn the_example_of_the_standard_comes_out() {
        let question = Question {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/",
            query: "lifecycle=",
        };
        let login = Login {
            user: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            password: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        };
        let signed = sign(&question, &login, DateTime::from_timestamp(1_369_353_600, 0).unwrap());
        assert_eq!(signed.date, "20130524T000000Z");
        let wanted = "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
        assert!(signed.authorization.ends_with(wanted), "{}", signed.authorization);
    }

    #[test]
    fn a_keyed_hash_is_that_of_the_standard() {
        // RFC 4231, test case 2.
        let hash = hex(&keyed_hash(b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
