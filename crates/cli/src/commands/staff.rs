use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal};

use anyhow::{Context, anyhow, bail, ensure};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sihha_domain::account::Role;
use sihha_domain::clock::format_timestamp;
use sihha_domain::idempotency::Outcome;
use sihha_domain::place::Wilaya;
use sihha_domain::staff::{
    ManagementRequest, NewStaff, RecoveryCode, Scope, SecondFactor, StaffCaller, StaffDetails, StaffError,
    StaffMember, StaffPassword, StaffRef, StaffRole,
};
use sihha_domain::staff_name::StaffName;
use sihha_domain::text::printable;
use sihha_domain::use_cases::UseCases;

use super::staff_name::user_name;
use super::use_cases::{with_new_password, with_secret_box, with_use_cases};
use crate::config::{
    CreateStaffOptions, ListStaffOptions, PasswordOptions, ResetPasswordOptions, ResetSecondFactorOptions,
    StaffCommand, StaffOptions,
};
use crate::output;

/// Number of members that one query reads.
const PAGE: u32 = 500;

/// Creates, lists, disables or enables members of staff, or replaces their secrets.
pub(crate) fn run(command: StaffCommand) -> anyhow::Result<()> {
    match command {
        StaffCommand::Create(options) => create(options),
        StaffCommand::List(options) => {
            with_use_cases(&options.database, |use_cases| list(use_cases, &options))
        }
        StaffCommand::Disable(options) => with_use_cases(&options.database, |use_cases| {
            let member = options.member();
            let disabled = use_cases.disable_staff.run(&ManagementRequest::once(&at_terminal()), &member);
            report("disabled", &member, disabled)
        }),
        StaffCommand::Enable(options) => with_use_cases(&options.database, |use_cases| {
            let member = options.member();
            let enabled = use_cases.enable_staff.run(&ManagementRequest::once(&at_terminal()), &member);
            report("enabled", &member, enabled)
        }),
        StaffCommand::ResetPassword(options) => reset_password(&options),
        StaffCommand::ResetSecondFactor(options) => reset_second_factor(&options),
    }
}

/// These commands record no name.
fn at_terminal() -> StaffCaller {
    StaffCaller::at_terminal(user_name().unwrap_or_else(|_| StaffName::on_record("terminal".to_owned())))
}

fn create(options: CreateStaffOptions) -> anyhow::Result<()> {
    let CreateStaffOptions { email, name, directorate, role, wilayas, applicant_roles, .. } = options;
    let blocklist = &options.password.blocklist;
    let scope = Scope { wilayas, applicant_roles };
    ensure!(
        role == StaffRole::Reviewer || scope == Scope::default(),
        "an admin sees everything; leave out --wilaya and --applicant-role, or give --role reviewer"
    );
    let details = StaffDetails { name, directorate, role, scope };
    let new = NewStaff { email, details, password: new_password(&options.password)? };
    with_new_password(&options.database, blocklist, Some(&options.secret_key), |use_cases| {
        match use_cases.create_staff.run(&ManagementRequest::once(&at_terminal()), &new) {
            Ok(outcome) => {
                if let Some(created) = outcome.done() {
                    show("created", &created.member, &created.second_factor, options.json);
                }
                Ok(())
            }
            Err(StaffError::EmailTaken) => bail!(
                "there is a member of staff with the e-mail {}; `sihha staff list` lists them, and enable, \
                 reset-password and reset-second-factor change them",
                printable(new.email.as_str())
            ),
            Err(error) => Err(error.into()),
        }
    })
}

fn reset_password(options: &ResetPasswordOptions) -> anyhow::Result<()> {
    let password = new_password(&options.password)?;
    with_new_password(&options.member.database, &options.password.blocklist, None, |use_cases| {
        let member = options.member.member();
        let terminal = at_terminal();
        let request = ManagementRequest::once(&terminal);
        let reset = use_cases.reset_staff_password.run(&request, &member, &password);
        report("replaced the password of", &member, reset)
    })
}

fn reset_second_factor(options: &ResetSecondFactorOptions) -> anyhow::Result<()> {
    let StaffOptions { database, .. } = &options.member;
    with_secret_box(database, &options.secret_key, |use_cases| {
        let member = options.member.member();
        let reset = use_cases.reset_second_factor.run(&ManagementRequest::once(&at_terminal()), &member);
        if let Some((member, second_factor)) = reset.map_err(|error| explain(error, &member))?.done() {
            show("replaced the second factor of", &member, &second_factor, options.json);
        }
        Ok(())
    })
}

fn report(
    done: &str,
    member: &StaffRef,
    outcome: Result<Outcome<StaffMember>, StaffError>,
) -> anyhow::Result<()> {
    // Only a request with a key can have been done before.
    if let Some(found) = outcome.map_err(|error| explain(error, member))?.done() {
        output::report(&format!("{done} {}\n", describe(&found)));
    }
    Ok(())
}

fn explain(error: StaffError, member: &StaffRef) -> anyhow::Error {
    match error {
        StaffError::UnknownMember => anyhow!(
            "there is no member of staff with {}; `sihha staff list` lists them",
            printable(&member.to_string())
        ),
        error => error.into(),
    }
}

fn describe(member: &StaffMember) -> String {
    let (email, name) = (printable(member.email.as_str()), printable(member.name.as_str()));
    format!("{} {email} ({name})", member.role.as_str())
}

/// Reads a new password: from a prompt twice, or from standard input.
fn new_password(options: &PasswordOptions) -> anyhow::Result<StaffPassword> {
    let typed = if options.password_stdin {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).context("the password cannot be read")?;
        SecretString::from(line.trim_end_matches(['\r', '\n']))
    } else {
        ensure!(
            io::stdin().is_terminal(),
            "there is no terminal to ask for the password; give it on standard input with --password-stdin"
        );
        let prompt = |text| rpassword::prompt_password(text).map(SecretString::from);
        let typed = prompt("Password (at least 12 characters): ").context("the password cannot be read")?;
        // Before the second prompt.
        StaffPassword::parse(typed.expose_secret()).map_err(|error| anyhow!("the password {error}"))?;
        let again = prompt("Again: ").context("the password cannot be read")?;
        ensure!(
            typed.expose_secret() == again.expose_secret(),
            "the two passwords differ; nothing was changed"
        );
        typed
    };
    StaffPassword::parse(typed.expose_secret()).map_err(|error| anyhow!("the password {error}"))
}

/// Shows a second factor, which cannot be read again.
fn show(done: &str, member: &StaffMember, second_factor: &SecondFactor, as_json: bool) {
    let uri = second_factor.otpauth_uri.expose_secret();
    let codes: Vec<&str> = second_factor.recovery_codes.iter().map(RecoveryCode::expose).collect();
    let text = if as_json {
        let shown = json!({
            "id": member.id.to_string(),
            "email": member.email.as_str(),
            "role": member.role.as_str(),
            "otpauth_uri": uri,
            "recovery_codes": codes,
        });
        format!("{shown}\n")
    } else {
        format!(
            "{done} {}\n\n{}Add this to an authenticator app:\n  {uri}\n\n\
             Recovery codes, each of which replaces a code of the app once:\n  {}\n\n\
             Neither is shown again.\n",
            describe(member),
            image(uri).unwrap_or_default(),
            codes.join("\n  ")
        )
    };
    output::report(&text);
}

/// Returns the QR code of `uri`, if standard output is a terminal.
fn image(uri: &str) -> Option<String> {
    let code = QrCode::new(uri).ok().filter(|_| io::stdout().is_terminal())?;
    // Light on dark, as most terminals are.
    let image = code.render().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    Some(format!("{image}\n\n"))
}

fn list(use_cases: &UseCases, options: &ListStaffOptions) -> anyhow::Result<()> {
    let mut out = String::new();
    let mut after = None;
    loop {
        let page = use_cases.list_staff.page(after, PAGE)?;
        for member in &page {
            if options.json {
                writeln!(out, "{}", to_json(member))?;
            } else {
                let (since, state) = (format_timestamp(member.created_at), state(member));
                writeln!(out, "{since}  {}  {state:8}  {}{}", member.id, describe(member), scope(member))?;
            }
        }
        after = page.last().map(|member| member.id);
        if page.len() < PAGE as usize {
            break;
        }
    }
    if out.is_empty() && !options.json {
        out += "no staff yet; `sihha staff create` adds a member\n";
    }
    output::print(&out)
}

const fn state(member: &StaffMember) -> &'static str {
    if member.is_enabled() { "enabled" } else { "disabled" }
}

/// Returns the directorate and the scope for a line of the list.
fn scope(member: &StaffMember) -> String {
    let directorate = member.directorate.iter().map(|name| printable(name.as_str()).into_owned());
    let wilayas = member.scope.wilayas.iter().map(|wilaya| format!("wilaya {}", printable(wilaya.as_str())));
    let roles = member.scope.applicant_roles.iter().map(|role| role.as_str().to_owned());
    let parts: Vec<_> =
        std::iter::once(String::new()).chain(directorate).chain(wilayas).chain(roles).collect();
    parts.join(", ")
}

fn to_json(member: &StaffMember) -> serde_json::Value {
    json!({
        "id": member.id.to_string(),
        "email": member.email.as_str(),
        "name": member.name.as_str(),
        "directorate": member.directorate.as_ref().map(StaffName::as_str),
        "role": member.role.as_str(),
        "wilayas": member.scope.wilayas.iter().map(Wilaya::as_str).collect::<Vec<_>>(),
        "applicant_roles": member.scope.applicant_roles.iter().copied().map(Role::as_str).collect::<Vec<_>>(),
        "created_at": format_timestamp(member.created_at),
        "disabled_at": member.disabled_at.map(format_timestamp),
        "last_login_at": member.last_login_at.map(format_timestamp),
    })
}
