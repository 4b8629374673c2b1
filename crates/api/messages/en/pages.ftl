### Texts of the built-in pages: `page_<text>`. Readers are people who opened the link of a mail.

page_service = Sihha
page_languages = Languages
page_language_name = English

## The page that confirms an address, of a new account or of a change.

page_verify_title = Confirm your e-mail address
page_verify_text = Is this your address? If you confirm it, you can choose a new password when you forget yours.
page_verify_note = If you did not create an account, close this page.
page_verify_button = Confirm this address
page_change_title = Confirm your new e-mail address
page_change_text = Once confirmed, this is the address of your account, and you log in with it:
page_change_note = If you did not ask for this change, close this page. Nothing changes.
page_verify_done = Your address is confirmed
page_verify_done_text = You can close this page, and log in to the application with this address.
page_verify_request_text = Enter the address of your account. If it is not confirmed yet, we send you a new link. To change your address, ask for the change again in the application.

## The page that sets a new password.

page_reset_title = Choose a new password
page_reset_text = The password is for this account:
page_reset_password = New password
page_reset_password_hint = At least 8 characters. Several words are easy to remember and hard to guess.
page_reset_repeat = Repeat the password
page_reset_differ = This is not the same password. Type it again in both fields.
page_reset_note = All your devices are then logged out.
page_reset_button = Save the password
page_reset_done = Your password is changed
page_reset_done_text = All your devices are logged out. You can close this page, and log in to the application with the new password.
page_reset_request_title = Forgotten password
page_reset_request_text = Enter the address of your account. We send you a link with which you choose a new password.

## The page that takes back a change of the address.

page_revert_title = Take back the change of address
page_revert_text = Your account goes back to this address:
page_revert_note = All devices are then logged out and your password ends, because somebody else may know it. You get a link to choose a new one.
page_revert_button = Take the change back
page_revert_done = The change is taken back
page_revert_done_text = Your account has its former address again, and all devices are logged out.
page_revert_done_next = Choose a new password now: we have sent you a message with a link.

## The form that asks for a link.

page_request_email = E-mail address
page_request_button = Send me a link
page_requested = Look at your mail
page_requested_text = If an account has this address, a message with a link arrives within a few minutes:
page_requested_help = If you get none, look among the unwanted messages, and check that the address is right.

## Errors.

page_link_not_valid = This link does not work any more
page_link_not_valid_text = It has expired, has been used, or was replaced by a newer one.
page_link_not_valid_revert = If somebody else uses your account, contact the administration of the platform.
page_taken = This address is in use
page_taken_text = Another account has this address by now, so nothing was changed. Contact the administration of the platform if it is yours.
page_unavailable = The service is not available
page_unavailable_text = Go back, and try again in a moment.
page_failed = Something went wrong
page_failed_text = Go back, and try again. If it happens once more, give this number to the administration of the platform.
