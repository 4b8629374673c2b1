### Texts of mails. The value of a message is the subject of the mail, and its attributes are the parts of
### the text in their order: `.body` says what happened, the values of the mail follow, `.advice` says what
### to do, `.action` is the button, and `.after` follows the button. An empty line begins a paragraph.
### Every part may name the values: $new_email, $device, $address, $code, $reason, $fields, $message, $at.

-service = Sihha

verify_email = Confirm your e-mail address
    .body =
        Please confirm that this address of your account on { -service } is yours, so that we can help you if
        you forget your password.
    .action = Confirm my address
    .after = If you did not create an account on { -service }, ignore this message.
confirm_email = Confirm your new e-mail address
    .body =
        You asked to use this address for your account on { -service }. Your account keeps its former
        address until you confirm this one.
    .action = Confirm my new address
    .after = If you did not ask for this change, ignore this message. Nothing will change.
email_taken = You already have an account
    .body =
        Somebody asked to use this address for an account on { -service }. Your account already has it, so
        nothing was changed.
    .advice =
        If it was you, log in with this address. If you have forgotten your password, you can choose another
        one on the login page.

        If it was not you, ignore this message. Your account is safe.
reset_password = Choose a new password
    .body = You asked for a new password for your account on { -service }.
    .action = Choose a new password
    .after =
        When you have chosen it, log in again on all your devices.

        If you did not ask for this, ignore this message. Your password stays as it is.
email_changed = Your e-mail address was changed
    .body = Your account on { -service } has a new e-mail address. We no longer write to this one.
    .advice =
        If it was you, there is nothing to do.

        If it was not you, take the change back now. Your account then returns to this address, and all
        devices are logged out. Choose a new password afterwards.
    .action = Take the change back
password_changed = Your password was changed
    .body = The password of your account on { -service } was changed.
    .advice =
        If it was you, there is nothing to do.

        If it was not you, choose a new password now, by “Forgotten password” on the login page. All devices
        are then logged out.
new_device = New login to your account
    .body = Somebody logged in to your account on { -service } from a device that we do not know.
    .advice =
        If it was you, there is nothing to do.

        If it was not you, change your password now. All devices are then logged out.
approved = Your application was approved
    .body = Good news: your application on { -service } was approved. Your account is ready.
    .advice = You can log in now. If you are logged in already, log in again.
rejected = Your application was not approved
    .body = Your application on { -service } was examined, and it was not approved.
    .advice = You can log in to see your application, correct it and send it again.
changes_requested = Your application needs corrections
    .body =
        Your application on { -service } was examined. It cannot be approved yet, because corrections are
        needed.
    .advice = Please log in, correct these points, and send your application again.
changes_accepted = Your changes were accepted
    .body = The changes to your account on { -service } were examined and accepted. They are visible now.
changes_refused = Your changes were not accepted
    .body =
        The changes to your account on { -service } were examined, and they were not accepted. Your account
        stays as it was.
    .advice = You can correct your changes and send them again.
suspended = Your account was suspended
    .body = Your account on { -service } was suspended, and all devices were logged out. You cannot log in for now.
    .advice = If you think that this is a mistake, contact the administration of the platform.
reinstated = Your account is active again
    .body = The suspension of your account on { -service } has ended. You can log in again.
many_notices = Much activity on your account
    .body =
        We have sent you many notices about your account on { -service } within an hour. To spare you, further
        ones are not sent for now.
    .advice =
        If you do not know why, log in, change your password, and look at the list of your devices. If you
        need help, contact the administration of the platform.
test = { -service } can send mail
    .body = This is a test. If you can read it, { -service } can send mail to this address.

## Common parts

greeting = Hello,
link_hint = If the button does not work, open this address in your browser:
link_lifetime = { $unit ->
        [minutes] This link is valid for { $count } minutes, and works once.
        [hours] This link is valid for { $count } hours, and works once.
       *[days] This link is valid for { $count } days, and works once.
    }
footer = This message was sent automatically by { -service }. Replies are not read.
colon = :
list_separator = ,
time = { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year } at { $hour }:{ $minute } (Algerian time)

## Names of values

value_new_email = New address
value_device = Device
value_address = Network address
value_code = Reason
value_reason = Details
value_fields = To correct
value_message = Comment
value_at = When

## Names of facts

fact_first_name = First name
fact_last_name = Last name
fact_first_name_ar = First name in Arabic
fact_last_name_ar = Last name in Arabic
fact_name = Name
fact_name_ar = Name in Arabic
fact_specialite = Speciality
fact_facility_type = Kind of facility
fact_identifiers = Identifiers
fact_carte_id = Identity card number
fact_birth_date = Date of birth
fact_gender = Gender
fact_isPrivee = Private or public
fact_doctor_address = Address of the practice
fact_hospital_address = Address of the hospital
fact_labo_address = Address of the laboratory
fact_wilaya = Wilaya
fact_commune = Commune
fact_hospital_number = Telephone of the hospital
fact_labo_number = Telephone of the laboratory
fact_numero_tel = Telephone number
fact_email = E-mail address
fact_address = Address
fact_bio = Presentation
