use zxcvbn::feedback::{Feedback, Suggestion, Warning};
use zxcvbn::zxcvbn;

use super::Password;
use crate::field::PasswordAdvice;

/// Returns advice about a refused password. `facts` are words that a stranger would try.
///
/// Takes some milliseconds for a long password, of which only the first 100 characters count.
pub(super) fn advice(password: &Password, facts: &[&str]) -> PasswordAdvice {
    let estimate = zxcvbn(password.expose(), facts);
    let feedback = estimate.feedback();
    let suggestions = feedback.map(|feedback| feedback.suggestions().iter().copied().map(suggestion_code));
    PasswordAdvice {
        score: estimate.score().into(),
        warning: feedback.and_then(Feedback::warning).map(warning_code),
        suggestions: suggestions.into_iter().flatten().collect(),
    }
}

// Published: a code never changes.

const fn warning_code(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => "straight_row_of_keys",
        Warning::ShortKeyboardPatternsAreEasyToGuess => "keyboard_pattern",
        Warning::RepeatsLikeAaaAreEasyToGuess => "repeated_character",
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => "repeated_characters",
        Warning::ThisIsATop10Password => "top_10",
        Warning::ThisIsATop100Password => "top_100",
        Warning::ThisIsACommonPassword => "common",
        Warning::ThisIsSimilarToACommonlyUsedPassword => "similar_to_common",
        Warning::SequencesLikeAbcAreEasyToGuess => "sequence",
        Warning::RecentYearsAreEasyToGuess => "recent_year",
        Warning::AWordByItselfIsEasyToGuess => "single_word",
        Warning::DatesAreOftenEasyToGuess => "date",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => "single_name",
        Warning::CommonNamesAndSurnamesAreEasyToGuess => "common_name",
    }
}

const fn suggestion_code(suggestion: Suggestion) -> &'static str {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => "use_several_words",
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => "no_symbols_needed",
        Suggestion::AddAnotherWordOrTwo => "add_words",
        Suggestion::CapitalizationDoesntHelpVeryMuch => "capitals_help_little",
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => "all_capitals_help_little",
        Suggestion::ReversedWordsArentMuchHarderToGuess => "reversed_words_help_little",
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => "substitutions_help_little",
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => "use_longer_pattern",
        Suggestion::AvoidRepeatedWordsAndCharacters => "avoid_repetition",
        Suggestion::AvoidSequences => "avoid_sequences",
        Suggestion::AvoidRecentYears => "avoid_recent_years",
        Suggestion::AvoidYearsThatAreAssociatedWithYou => "avoid_own_years",
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => "avoid_own_dates",
    }
}
