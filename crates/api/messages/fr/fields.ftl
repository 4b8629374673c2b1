### Texts of errors of fields: `field_<code>`.

field_required = Ce champ est obligatoire.
field_wrong_type = { $type ->
    [integer] Doit être un nombre entier.
    [boolean] La valeur doit être true ou false.
    [array] La valeur doit être une liste.
    [object] La valeur doit être un objet.
   *[string] La valeur doit être un texte.
}
field_too_short = { $min ->
    [one] Saisissez au moins { $min } caractère.
   *[other] Saisissez au moins { $min } caractères.
}
field_too_long = { $max ->
    [one] Saisissez au plus { $max } caractère.
   *[other] Saisissez au plus { $max } caractères.
}
field_too_many = { $max ->
    [one] Indiquez au plus { $max } élément.
   *[other] Indiquez au plus { $max } éléments.
}
field_duplicate = N’en indiquez qu’un de chaque type.
field_control_character = Le texte contient des caractères de contrôle invisibles. Saisissez-le au lieu de le coller.
field_malformed = { $format ->
    [digits] Utilisez uniquement des chiffres, séparés au besoin par des espaces, des tirets ou des barres obliques.
    [letters_and_digits] Utilisez uniquement les lettres de A à Z, sans accent, et des chiffres, séparés au besoin par des espaces, des tirets ou des barres obliques.
    [arabic_text] Saisissez au moins une lettre arabe.
    [date] Saisissez une date au format AAAA-MM-JJ, par exemple 1990-05-31. Si le jour de naissance n’est pas connu, saisissez AAAA-MM ou AAAA.
    [email] Saisissez une adresse e-mail telle que nom@example.com.
    [cursor] Ce n’est pas une position dans la liste. Reprenez à la première page.
    [phone_number] Saisissez un numéro de téléphone tel que 0550 12 34 56.
    [url] Saisissez une adresse web commençant par https:// ou http://.
   *[text] Saisissez au moins une lettre ou un chiffre.
}
field_no_such_day = Ce jour n’existe pas dans le calendrier.
field_in_future = La date ne doit pas être dans le futur.
field_too_long_ago = { $years ->
    [one] La date ne doit pas remonter à plus de { $years } an.
   *[other] La date ne doit pas remonter à plus de { $years } ans.
}
field_out_of_range = Saisissez un nombre de { $minimum } à { $maximum }.
field_unknown_choice = { $count ->
    [0] Choisissez une valeur de la liste.
   *[other] Choisissez une valeur parmi { $choices }.
}
field_other_wilaya = La commune se trouve dans la wilaya { $wilaya }. Choisissez cette wilaya ou une autre commune.
field_wrong = Le mot de passe actuel est incorrect.
field_unchanged = C’est déjà l’adresse de votre compte.
field_read_only = Cette valeur ne peut pas être modifiée ici.
field_taken = Cette valeur est déjà enregistrée.
field_password_too_common = Ce mot de passe est l’un des plus courants : il sera deviné parmi les premiers. Choisissez plusieurs mots sans lien entre eux.
field_password_too_similar = { $attribute ->
    [email] Le mot de passe ne doit pas être votre adresse e-mail. Choisissez plusieurs mots sans lien entre eux.
    [card] Le mot de passe ne doit pas être votre numéro de carte. Choisissez plusieurs mots sans lien entre eux.
    [phone] Le mot de passe ne doit pas être votre numéro de téléphone. Choisissez plusieurs mots sans lien entre eux.
   *[name] Le mot de passe ne doit pas être votre nom. Choisissez plusieurs mots sans lien entre eux.
}
