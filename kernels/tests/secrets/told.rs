//! Passwords that prose tells, and what prose says of passwords.

use super::*;

#[test]
fn a_password_that_is_a_mere_word_is_found_where_it_is_told() {
    let mut missed = Vec::new();
    for text in [
        "the password is \"swordfish\".",
        "The password was \"sword fish\", they said",
        "password \"swordfish\" was refused",
        "ALTER ROLE a WITH PASSWORD \"swordfish\";",
        "Das Passwort lautet \"Schwertfisch\"",
        "le mot de passe est \"espadon\"",
        "la contraseña es \"espada\"",
        "la password è \"spada\"",
        "a senha é \"espada\"",
        "hasło to \"miecz\"",
        "heslo je \"mečoun\"",
        "lösenordet är \"svärd\"",
        "passordet er \"sverd\"",
        "salasana on \"miekka\"",
        "a jelszó \"kardhal\"",
        "parola este \"sabie\"",
        "паролата е \"меч\"",
        "ο κωδικός πρόσβασης είναι \"ξίφος\"",
        "password: swordfish",
        "Passwort: Schwertfisch",
        "mot de passe : espadon",
        "contraseña: espada",
        "contrasenya: espasa",
        "senha: espada",
        "palavra-passe: espada",
        "hasło: miecz",
        "Jelszó: kardhal",
        "Lösenord: svärd",
        "LÖSENORD: svärd",
        "passord: sverd",
        "kodeord: sværd",
        "wachtwoord: zwaard",
        "lozinka: sablja",
        "slaptažodis: kardas",
        "salasõna: mõõk",
        "Пароль: меч",
        "парола: меч",
        "Κωδικός πρόσβασης: ξίφος",
        "parola: \"sabie\"",
        "heslo: mecoun1",
    ] {
        if !kinds(text).iter().any(|(kind, _)| *kind == "secret.password") {
            missed.push(text);
        }
    }
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
}

#[test]
fn what_is_said_of_a_password_is_not_one() {
    let mut wrong = Vec::new();
    for text in [
        "the password is wrong",
        "the password is required",
        "password is required",
        "the password is \"required\"",
        "password: required",
        "password: \"required\"",
        "Password: wrong",
        "Passwort: erforderlich",
        "Passwort: falsch",
        "mot de passe : obligatoire",
        "contraseña: incorrecta",
        "hasło: wymagane",
        "he said \"swordfish\" and passed the word \"on\"",
        "the word is \"password\"",
        "Antwort: \"morgen\"",
        "parola: bella",
        "parole: denied",
        "the password is \"",
        "the password is \"<your password>\"",
    ] {
        if !kinds(text).is_empty() {
            wrong.push(format!("{text}: {:?}", kinds(text)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
