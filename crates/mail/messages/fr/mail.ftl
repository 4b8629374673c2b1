### Textes des messages électroniques ; `../en/` dit ce que chacun est. On vouvoie le lecteur.

-service = Sihha

verify_email = Confirmez votre adresse e-mail
    .body =
        Veuillez confirmer que l’adresse de votre compte { -service } est bien la vôtre, afin que nous puissions
        vous aider si vous oubliez votre mot de passe.
    .action = Confirmer mon adresse
    .after = Si vous n’avez pas créé de compte sur { -service }, ignorez ce message.
confirm_email = Confirmez votre nouvelle adresse e-mail
    .body =
        Vous avez demandé à utiliser cette adresse pour votre compte { -service }. Votre compte garde son
        ancienne adresse jusqu’à ce que vous confirmiez celle-ci.
    .action = Confirmer ma nouvelle adresse
    .after = Si vous n’avez pas demandé ce changement, ignorez ce message : rien ne changera.
email_taken = Vous avez déjà un compte
    .body =
        Quelqu’un a demandé à utiliser cette adresse pour un compte { -service }. Elle est déjà celle de votre
        compte ; rien n’a donc été modifié.
    .advice =
        Si c’était vous, connectez-vous avec cette adresse. Si vous avez oublié votre mot de passe, vous pouvez
        en choisir un autre depuis la page de connexion.

        Si ce n’était pas vous, ignorez ce message : votre compte est en sécurité.
reset_password = Choisissez un nouveau mot de passe
    .body = Vous avez demandé un nouveau mot de passe pour votre compte { -service }.
    .action = Choisir un nouveau mot de passe
    .after =
        Une fois le mot de passe choisi, reconnectez-vous sur tous vos appareils.

        Si vous n’avez rien demandé, ignorez ce message : votre mot de passe reste inchangé.
email_changed = Votre adresse e-mail a été modifiée
    .body = Votre compte { -service } a une nouvelle adresse e-mail. Nous n’écrirons plus à celle-ci.
    .advice =
        Si c’était vous, vous n’avez rien à faire.

        Si ce n’était pas vous, annulez ce changement dès maintenant : votre compte retrouvera cette adresse et
        tous les appareils seront déconnectés. Choisissez ensuite un nouveau mot de passe.
    .action = Annuler ce changement
password_changed = Votre mot de passe a été modifié
    .body = Le mot de passe de votre compte { -service } a été modifié.
    .advice =
        Si c’était vous, vous n’avez rien à faire.

        Si ce n’était pas vous, choisissez dès maintenant un nouveau mot de passe, par « Mot de passe oublié »
        sur la page de connexion. Tous les appareils seront alors déconnectés.
new_device = Nouvelle connexion à votre compte
    .body = Quelqu’un s’est connecté à votre compte { -service } depuis un appareil que nous ne connaissons pas.
    .advice =
        Si c’était vous, vous n’avez rien à faire.

        Si ce n’était pas vous, changez votre mot de passe dès maintenant. Tous les appareils seront alors
        déconnectés.
approved = Votre demande est approuvée
    .body = Bonne nouvelle : votre demande sur { -service } est approuvée. Votre compte est prêt.
    .advice = Vous pouvez vous connecter. Si vous l’êtes déjà, connectez-vous de nouveau.
rejected = Votre demande n’a pas été approuvée
    .body = Votre demande sur { -service } a été examinée et n’a pas été approuvée.
    .advice = Connectez-vous pour consulter votre demande, la corriger et la renvoyer.
changes_requested = Votre demande doit être corrigée
    .body =
        Votre demande sur { -service } a été examinée. Elle ne peut pas encore être approuvée : des corrections
        sont nécessaires.
    .advice = Veuillez vous connecter, corriger ces points, puis renvoyer votre demande.
changes_accepted = Vos modifications sont acceptées
    .body = Les modifications de votre compte { -service } ont été examinées et acceptées. Elles sont désormais visibles.
changes_refused = Vos modifications n’ont pas été acceptées
    .body =
        Les modifications de votre compte { -service } ont été examinées et n’ont pas été acceptées. Votre compte
        reste inchangé.
    .advice = Vous pouvez corriger vos modifications et les renvoyer.
suspended = Votre compte est suspendu
    .body = Votre compte { -service } est suspendu et tous vos appareils ont été déconnectés. Vous ne pouvez pas vous connecter pour le moment.
    .advice = Si vous pensez qu’il s’agit d’une erreur, contactez l’administration de la plateforme.
reinstated = Votre compte est rétabli
    .body = La suspension de votre compte { -service } est levée. Vous pouvez de nouveau vous connecter.
many_notices = Activité importante sur votre compte
    .body =
        Nous vous avons envoyé en une heure de nombreuses notifications au sujet de votre compte { -service }. Pour ne pas
        vous encombrer, nous n’en envoyons plus pour le moment.
    .advice =
        Si vous n’en connaissez pas la raison, connectez-vous, changez votre mot de passe et vérifiez la liste de
        vos appareils. Si vous avez besoin d’aide, contactez l’administration de la plateforme.
test = { -service } peut envoyer des messages
    .body = Ceci est un essai. Si vous le lisez, { -service } peut envoyer des messages à cette adresse.

## Parties communes

greeting = Bonjour,
link_hint = Si le bouton ne fonctionne pas, ouvrez cette adresse dans votre navigateur :
link_lifetime = { $unit ->
        [minutes] Ce lien est valable { $count } minutes et ne sert qu’une fois.
        [hours] Ce lien est valable { $count } heures et ne sert qu’une fois.
       *[days] Ce lien est valable { $count } jours et ne sert qu’une fois.
    }
footer = Ce message a été envoyé automatiquement par { -service }. Les réponses ne sont pas lues.
colon = { "\u00A0" }:
list_separator = ,
time = { $day ->
        [1] 1er
       *[other] { $day }
    } { $month ->
        [1] janvier
        [2] février
        [3] mars
        [4] avril
        [5] mai
        [6] juin
        [7] juillet
        [8] août
        [9] septembre
        [10] octobre
        [11] novembre
       *[12] décembre
    } { $year } à { $hour } h { $minute } (heure d’Algérie)

## Noms des valeurs

value_new_email = Nouvelle adresse
value_device = Appareil
value_address = Adresse réseau
value_code = Motif
value_reason = Précisions
value_fields = À corriger
value_message = Remarque
value_at = Date

## Noms des données

fact_first_name = Prénom
fact_last_name = Nom
fact_first_name_ar = Prénom en arabe
fact_last_name_ar = Nom en arabe
fact_name = Dénomination
fact_name_ar = Dénomination en arabe
fact_specialite = Spécialité
fact_facility_type = Type d’établissement
fact_identifiers = Identifiants
fact_carte_id = Numéro de carte d’identité
fact_birth_date = Date de naissance
fact_gender = Sexe
fact_isPrivee = Secteur privé ou public
fact_doctor_address = Adresse du cabinet
fact_hospital_address = Adresse de l’hôpital
fact_labo_address = Adresse du laboratoire
fact_wilaya = Wilaya
fact_commune = Commune
fact_hospital_number = Téléphone de l’hôpital
fact_labo_number = Téléphone du laboratoire
fact_numero_tel = Numéro de téléphone
fact_email = Adresse e-mail
fact_address = Adresse
fact_bio = Présentation
