//! Servers that speak TLS: a real Kafka and a MongoDB in Java with certificates of their own, and the stand-ins behind a
//! listener that takes the TLS off; trusted or not, for another name, ended, and with a certificate of the client's.

use std::fs;
use std::net::TcpListener as StdListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use openim_sandbox::free_port;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::kafka;
use crate::minio;
use crate::mongod::{Mongod, User};
use crate::mongodb;
use crate::server::{Server, wait_until};
use crate::site::{SECRET, Said, Site};

/// An authority, and certificates that it has signed.
pub(crate) struct Certificates(tempfile::TempDir);

impl Certificates {
    fn make() -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        for (name, file) in [("Authority", "ca"), ("Stranger", "stranger")] {
            made.openssl(&format!(
                "req -x509 -newkey rsa:2048 -nodes -subj /CN={name} -days 2 -keyout {file}.key -out {file}.pem"
            ));
        }
        made.sign("server", "IP:127.0.0.1", 2);
        made.sign("other", "DNS:kafka.example.org", 2);
        made.sign("ended", "IP:127.0.0.1", -1);
        made.sign("client", "DNS:openim", 2);
        made
    }

    /// A certificate for this name, good for so many days, with its key.
    fn sign(&self, file: &str, name: &str, days: i32) {
        fs::write(self.0.path().join("names"), format!("subjectAltName={name}\nbasicConstraints=CA:FALSE\n"))
            .unwrap();
        self.openssl(&format!(
            "req -newkey rsa:2048 -nodes -subj /CN={file} -keyout {file}.key -out {file}.csr"
        ));
        let until = format!("-days {days}");
        self.openssl(&format!(
            "x509 -req -in {file}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names {until} -out {file}.pem"
        ));
        let read = |suffix| fs::read_to_string(self.0.path().join(format!("{file}.{suffix}"))).unwrap();
        fs::write(self.path(&format!("{file}.both")), read("key") + &read("pem")).unwrap();
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(self.0.path()).output();
        let output = output.expect("openssl is there: run scripts/install-test-deps");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn shown(&self, file: &str) -> String {
        self.path(file).display().to_string()
    }
}

/// Takes the TLS off what comes and passes it on; for as long as the tests run.
fn in_front_of(backend: String, certificates: &Certificates, file: &str) -> String {
    let chain = CertificateDer::pem_file_iter(certificates.path(&format!("{file}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates.path(&format!("{file}.key"))).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = StdListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serve(listener, &acceptor, &backend));
    });
    address
}

async fn serve(listener: StdListener, acceptor: &TlsAcceptor, backend: &str) {
    let listener = TcpListener::from_std(listener).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, backend) = (acceptor.clone(), backend.to_owned());
        let relay = async move {
            let mut outer = acceptor.accept(stream).await?;
            let mut inner = TcpStream::connect(backend).await?;
            copy_bidirectional(&mut outer, &mut inner).await.map(drop)
        };
        // A handshake that fails is what some tests are about.
        tokio::spawn(async move { drop(relay.await) });
    }
}

fn kafka_tls(authority: &Path, more: &str) -> String {
    format!("tls:\n  enableTLS: true\n  caCrt: {}\n{more}", authority.display())
}

#[test]
fn a_kafka_that_speaks_tls() {
    let made = Certificates::make();
    let (good, mutual, other, ended) = (free_port(), free_port(), free_port(), free_port());
    let listeners = [("GOOD", good), ("MUTUAL", mutual), ("OTHER", other), ("ENDED", ended)]
        .map(|(name, port)| (name, "SSL", port, port));
    let keys = |name: &str, file: &str| {
        format!(
            "listener.name.{name}.ssl.keystore.type=PEM\nlistener.name.{name}.ssl.keystore.location={}\n",
            made.shown(&format!("{file}.both"))
        )
    };
    let wants = format!(
        "listener.name.mutual.ssl.client.auth=required\nlistener.name.mutual.ssl.truststore.type=PEM\n\
         listener.name.mutual.ssl.truststore.location={}\n",
        made.shown("ca.pem")
    );
    let more = [
        keys("good", "server"),
        keys("mutual", "server"),
        keys("other", "other"),
        keys("ended", "ended"),
        wants,
    ];
    let server = kafka::with_listeners(&listeners, more.concat());
    kafka::make_topics(&server.address());

    let at = |port: u16| format!("127.0.0.1:{port}");
    let authority = kafka_tls(&made.path("ca.pem"), "");
    kafka::ask(&at(good), &authority).row("kafka, TLS", 0, "OK");
    kafka::ask(&at(good), "").row(
        "kafka, TLS not configured",
        1,
        "speaks TLS only, and the configuration does not",
    );
    kafka::ask(&server.address(), &authority).row(
        "kafka, TLS configured, none spoken",
        1,
        "closes the connection at the TLS handshake",
    );
    kafka::ask(&at(good), &kafka_tls(&made.path("stranger.pem"), "")).row(
        "kafka, TLS, authority not trusted",
        1,
        "has a certificate of an authority that is not trusted",
    );
    kafka::ask(&at(good), &kafka_tls(&made.path("stranger.pem"), "  insecureSkipVerify: true\n")).row(
        "kafka, TLS, insecureSkipVerify",
        0,
        "OK",
    );
    kafka::ask(&at(other), &authority).row(
        "kafka, TLS, certificate of another name",
        1,
        "has a certificate that is not for 127.0.0.1",
    );
    kafka::ask(&at(ended), &authority).row(
        "kafka, TLS, certificate ended",
        1,
        "has a certificate that has ended",
    );
    kafka::ask(&at(mutual), &authority).row(
        "kafka, TLS, wants a client certificate",
        1,
        "takes only who shows a certificate that it trusts",
    );
    let own =
        format!("  clientCrt: {}\n  clientKey: {}\n", made.shown("client.pem"), made.shown("client.key"));
    kafka::ask(&at(mutual), &kafka_tls(&made.path("ca.pem"), &own)).row(
        "kafka, TLS, client certificate",
        0,
        "OK",
    );
    kafka::ask(&at(good), &kafka_tls(Path::new("/nowhere/ca.pem"), "")).row(
        "kafka, TLS, caCrt missing",
        1,
        "cannot be asked: /nowhere/ca.pem",
    );
}

#[test]
fn a_mongodb_that_speaks_tls() {
    let made = Certificates::make();
    let server = mongodb::with_tls(&made.path("server.pem"), &made.path("server.key"));
    let at = server.address();
    let trusting = |file: &str| format!("tls=true&tlsCAFile={}", made.shown(file).replace('/', "%2F"));
    let ask = |options: &str| mongodb::by_uri(&format!("mongodb://{at}/openim_v3?{options}"));
    wait_until("MongoDB serves", || (ask(&trusting("ca.pem")).code == Some(0)).then_some(()));
    ask(&trusting("ca.pem")).row("mongodb, TLS", 0, "OK");
    ask("tls=true&tlsInsecure=true").row("mongodb, TLS, tlsInsecure", 0, "OK");
    ask(&trusting("stranger.pem")).row(
        "mongodb, TLS, authority not trusted",
        1,
        "an authority that is not trusted",
    );
    let user = User { name: "openIM", password: SECRET, source: "openim_v3" };
    let standing_in = Mongod { user: Some(user), ..Mongod::default() }.listen();
    let front = in_front_of(standing_in, &made, "server");
    let uri =
        |password: &str| format!("mongodb://openIM:{password}@{front}/openim_v3?{}", trusting("ca.pem"));
    mongodb::by_uri(&uri(SECRET)).row("mongodb, TLS and a login", 0, "OK");
    mongodb::by_uri(&uri("wrong")).row("mongodb, TLS, wrong password", 1, "refuses the login of user openIM");
}

#[test]
fn a_minio_that_speaks_tls() {
    let made = Certificates::make();
    let front = in_front_of(minio::well(), &made, "server");
    // OpenIM trusts whom the machine trusts; Go and this program are both told so by this variable.
    let ask = |address: &str, trusted: &str| minio_trusting(address, &made.path(trusted));
    ask(&format!("https://{front}"), "ca.pem").row("minio, https", 0, "OK");
    ask(&format!("https://{front}"), "stranger.pem").row(
        "minio, https, authority not trusted",
        1,
        "is not trusted",
    );
    ask(&format!("https://{}", minio::well()), "ca.pem").row(
        "minio, https configured, http spoken",
        1,
        "closes the connection at the TLS handshake",
    );
    ask(&format!("http://{front}"), "ca.pem").row(
        "minio, http configured, https spoken",
        1,
        "does not speak HTTP",
    );
}

/// A real etcd in TLS: whether it is spoken to so says the address.
#[test]
fn an_etcd_that_speaks_tls() {
    let made = Certificates::make();
    let server = Server::start("etcd", |command, dir, port| {
        let (client, peer) =
            (format!("https://127.0.0.1:{port}"), format!("http://127.0.0.1:{}", free_port()));
        command.arg("--data-dir").arg(dir).args(["--log-level", "error"]);
        command
            .arg("--cert-file")
            .arg(made.path("server.pem"))
            .arg("--key-file")
            .arg(made.path("server.key"));
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &format!("default={peer}")]);
    });
    let ask = |scheme: &str, trusted: &str| {
        let text = format!(
            "enable: etcd\netcd:\n  rootDirectory: openim\n  address: [ \"{scheme}{}\" ]\n",
            server.address()
        );
        let variables = [("SSL_CERT_FILE", made.shown(trusted))];
        Site::new().file("discovery.yml", &text).check_with(&["etcd", "--probe-timeout", "2s"], &variables)
    };
    wait_until("etcd serves", || (ask("https://", "ca.pem").code == Some(0)).then_some(()));
    ask("https://", "ca.pem").row("etcd, https", 0, "OK");
    ask("https://", "stranger.pem").row("etcd, https, authority not trusted", 1, "is not trusted");
    let plain = ask("", "ca.pem");
    assert_eq!(plain.code, Some(1), "{}", plain.text);
}

fn minio_trusting(address: &str, authority: &Path) -> Said {
    let text = format!(
        "bucket: openim\naccessKeyID: root\nsecretAccessKey: openIM123\ninternalAddress: {address}\n"
    );
    let variables = [("SSL_CERT_FILE", authority.display().to_string())];
    Site::new().file("minio.yml", &text).check_with(&["minio", "--probe-timeout", "2s"], &variables)
}
