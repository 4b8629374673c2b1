use std::borrow::Cow;

use sihha_domain::language::Language;
use strum::{IntoStaticStr, VariantArray};

use crate::language;

/// A text of the pages. The name in snake case, after `page_`, is its id in `messages/`.
#[derive(Debug, Clone, Copy, IntoStaticStr, VariantArray)]
#[strum(prefix = "page_", serialize_all = "snake_case")]
pub(crate) enum PageText {
    Service,
    Languages,
    LanguageName,

    VerifyTitle,
    VerifyText,
    VerifyNote,
    VerifyButton,
    ChangeTitle,
    ChangeText,
    ChangeNote,
    VerifyDone,
    VerifyDoneText,
    VerifyRequestText,

    ResetTitle,
    ResetText,
    ResetPassword,
    ResetPasswordHint,
    ResetRepeat,
    ResetDiffer,
    ResetNote,
    ResetButton,
    ResetDone,
    ResetDoneText,
    ResetRequestTitle,
    ResetRequestText,

    RevertTitle,
    RevertText,
    RevertNote,
    RevertButton,
    RevertDone,
    RevertDoneText,
    RevertDoneNext,

    RequestEmail,
    RequestButton,
    Requested,
    RequestedText,
    RequestedHelp,

    LinkNotValid,
    LinkNotValidText,
    LinkNotValidRevert,
    Taken,
    TakenText,
    Unavailable,
    UnavailableText,
    Failed,
    FailedText,
}

impl PageText {
    /// Returns the text in `language`.
    pub(crate) fn of(self, language: Language) -> Cow<'static, str> {
        language::text(language, self.into(), None, None)
    }
}
