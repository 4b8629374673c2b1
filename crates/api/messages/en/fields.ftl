### Texts of errors of fields: `field_<code>`.

field_required = This field is required.
field_wrong_type = { $type ->
    [integer] Must be a whole number.
    [boolean] Must be true or false.
    [array] Must be a list.
    [object] Must be an object.
   *[string] Must be text.
}
field_too_short = { $min ->
    [one] Enter at least { $min } character.
   *[other] Enter at least { $min } characters.
}
field_too_long = { $max ->
    [one] Enter at most { $max } character.
   *[other] Enter at most { $max } characters.
}
field_too_many = { $max ->
    [one] Enter at most { $max } entry.
   *[other] Enter at most { $max } entries.
}
field_duplicate = Give only one of each kind.
field_control_character = Contains invisible control characters. Type the text instead of pasting it.
field_malformed = { $format ->
    [digits] Use only digits, with spaces, hyphens or slashes between them.
    [letters_and_digits] Use only the letters A to Z and digits, with spaces, hyphens or slashes between them.
    [arabic_text] Enter at least one Arabic letter.
    [date] Enter a date as YYYY-MM-DD, such as 1990-05-31. If the day of birth is not known, enter YYYY-MM or YYYY.
    [email] Enter an e-mail address such as name@example.com.
    [cursor] This is not a position in the list. Start with the first page.
    [phone_number] Enter a telephone number such as 0550 12 34 56.
    [url] Enter a web address that starts with https:// or http://.
   *[text] Enter at least one letter or digit.
}
field_no_such_day = There is no such day in the calendar.
field_in_future = The date must not be in the future.
field_too_long_ago = { $years ->
    [one] The date must not be more than { $years } year ago.
   *[other] The date must not be more than { $years } years ago.
}
field_out_of_range = Enter a number from { $minimum } to { $maximum }.
field_unknown_choice = { $count ->
    [0] Choose a value from the list.
   *[other] Choose one of these values: { $choices }.
}
field_other_wilaya = The commune is in wilaya { $wilaya }. Choose that wilaya, or another commune.
field_wrong = The current password is incorrect.
field_unchanged = This is the address of your account already.
field_read_only = This value cannot be changed here.
field_taken = This value is already registered.
field_password_too_common = This password is one of the most common, so it is guessed first. Choose several words that do not belong together.
field_password_too_similar = { $attribute ->
    [email] The password must not be your e-mail address. Choose several words that do not belong together.
    [card] The password must not be your card number. Choose several words that do not belong together.
    [phone] The password must not be your telephone number. Choose several words that do not belong together.
   *[name] The password must not be your name. Choose several words that do not belong together.
}
