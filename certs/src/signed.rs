//! A certificate as bytes, and the little that is read back from it (RFC 5280, 4.1).
//!
//! Invariant: what does not parse is an error, and the caller then makes a new certificate.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rcgen::Error;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use time::OffsetDateTime;
use yasna::models::{GeneralizedTime, UTCTime};
use yasna::tags::TAG_UTCTIME;
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader};

/// Fields of a `TBSCertificate` in their order, each as DER: version, serial number, signature algorithm,
/// issuer, validity, subject, public key, extensions.
const FIELDS: usize = 8;

/// A signed certificate.
pub(crate) struct Signed {
    pem: String,
    fields: [Vec<u8>; FIELDS],
    not_after: OffsetDateTime,
    /// The part that is signed.
    body: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    pub(crate) fn from_pem(pem: &str) -> Result<Self, Error> {
        let der =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| Error::CouldNotParseCertificate)?;
        let (body, algorithm, signature) = yasna::parse_der(&der, envelope).map_err(unreadable)?;
        let fields = yasna::parse_der(&body, |reader| reader.collect_sequence_of(|field| field.read_der()));
        let fields: [Vec<u8>; FIELDS] =
            fields.map_err(unreadable)?.try_into().map_err(|_| Error::CouldNotParseCertificate)?;
        let [_, _, signed_algorithm, _, validity, ..] = &fields;
        // The unsigned copy must equal the signed one (RFC 5280, 4.1.1.2), or clients refuse the certificate.
        if algorithm != *signed_algorithm {
            return Err(Error::CouldNotParseCertificate);
        }
        let not_after = yasna::parse_der(validity, not_after).map_err(unreadable)?;
        Ok(Self { pem: pem.to_owned(), fields, not_after, body, signature })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn into_pem(self) -> String {
        self.pem
    }

    pub(crate) fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Equal in everything but serial number and dates.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        let [version, _, algorithm, issuer, _, subject, key, extensions] = &self.fields;
        let [version2, _, algorithm2, issuer2, _, subject2, key2, extensions2] = &other.fields;
        [version, algorithm, issuer, subject, key, extensions]
            == [version2, algorithm2, issuer2, subject2, key2, extensions2]
    }

    pub(crate) fn is_signed_by(&self, public_key: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key)
            .verify(&self.body, &self.signature)
            .is_ok()
    }
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }`
fn envelope(reader: BERReader<'_, '_>) -> ASN1Result<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    reader.read_sequence(|reader| {
        let body = reader.next().read_der()?;
        let algorithm = reader.next().read_der()?;
        let (signature, _) = reader.next().read_bitvec_bytes()?;
        Ok((body, algorithm, signature))
    })
}

/// `Validity ::= SEQUENCE { notBefore Time, notAfter Time }`
fn not_after(reader: BERReader<'_, '_>) -> ASN1Result<OffsetDateTime> {
    reader.read_sequence(|reader| {
        reader.next().read_der()?;
        let time = reader.next();
        if time.lookahead_tag()? == TAG_UTCTIME {
            return time.read_utctime().map(|time: UTCTime| *time.datetime());
        }
        let time: GeneralizedTime = time.read_generalized_time()?;
        // RFC 5280 wants whole seconds; a fraction is not ours.
        if time.sub_nano().is_empty() {
            Ok(*time.datetime())
        } else {
            Err(ASN1Error::new(ASN1ErrorKind::Invalid))
        }
    })
}

fn unreadable(_: ASN1Error) -> Error {
    Error::CouldNotParseCertificate
}
