### Textes français ; `../en/` dit ce que chacun est. On vouvoie le lecteur.

invalid_fields = Champs non valides
    .detail = Certains champs sont manquants ou non valides. Corrigez-les, puis réessayez.
malformed_json = JSON mal formé
    .detail = { $defect ->
        [incomplete] Le corps de la requête se termine trop tôt, à la ligne { $line }, colonne { $column }.
        [syntax] Le corps de la requête contient une erreur de syntaxe à la ligne { $line }, colonne { $column }.
        [utf_16] Le corps de la requête est en UTF-16. Envoyez-le en UTF-8.
        [not_utf_8] Le corps de la requête n’est pas en UTF-8, mais peut-être en Latin-1, à la ligne { $line }, colonne { $column }. Envoyez-le en UTF-8.
       *[not_an_object] Le corps de la requête doit être un objet JSON.
    }
bad_request = Requête incorrecte
    .detail = { $defect ->
        [two_authorizations] L’en-tête `Authorization` ne doit être envoyé qu’une seule fois.
       *[unreadable] La requête n’a pas pu être lue. Veuillez la renvoyer.
    }
invalid_idempotency_key = Clé d’idempotence non valide
    .detail = `Idempotency-Key` doit être envoyé une seule fois et contenir de 1 à 255 caractères ASCII visibles, sans espaces, guillemets ni barres obliques inverses.
wrong_credentials = E-mail ou mot de passe incorrect
    .detail = Vérifiez l’adresse e-mail, le mot de passe et le type de compte.
token_not_valid = Session non valide
    .detail = Votre session a expiré ou n’est pas valide. Veuillez vous reconnecter.
link_not_valid = Lien non valide
    .detail = Le lien a expiré, ou a déjà servi. Demandez-en un nouveau.
too_many_attempts = Trop de tentatives
    .detail = { $minutes ->
        [one] Trop de tentatives ont échoué. Réessayez dans une minute, ou choisissez un nouveau mot de passe par e-mail.
       *[other] Trop de tentatives ont échoué. Réessayez dans { $minutes } minutes, ou choisissez un nouveau mot de passe par e-mail.
    }
too_many_requests = Trop de requêtes
    .detail = Trop de requêtes viennent de votre réseau. Patientez un instant, puis réessayez.
forbidden = Non autorisé
    .detail = Ce compte n’a pas le rôle ou l’agrément nécessaire.
account_suspended = Compte suspendu
    .detail = Ce compte est suspendu. Contactez l’administration de la plateforme.
email_not_verified = Adresse e-mail non confirmée
    .detail = Confirmez d’abord votre adresse e-mail par le lien du message que nous vous avons envoyé, ou demandez-en un nouveau.
unknown_session = Session introuvable
    .detail = Vous n’avez aucune session active portant cet identifiant. Actualisez la liste de vos sessions.
not_found = Introuvable
    .detail = Cette adresse n’existe pas. Consultez /docs/.
method_not_allowed = Méthode non autorisée
    .detail = Cette adresse n’accepte que { $allowed }.
request_timeout = Délai dépassé
    .detail = La requête a mis trop de temps à arriver. Vérifiez votre connexion, puis réessayez.
taken = Valeur déjà utilisée
    .detail = L’une de ces valeurs est déjà enregistrée. Connectez-vous si ce compte est le vôtre. Sinon, vérifiez les valeurs saisies.
precondition_failed = Données modifiées
    .detail = Les données ont changé depuis que vous les avez lues. Relisez-les, puis refaites votre modification.
head_too_large = En-têtes trop volumineux
    .detail = L’URL et les en-têtes ne doivent pas dépasser { $limit } Kio au total.
url_too_long = URL trop longue
    .detail = L’URL ne doit pas dépasser { $limit } Kio.
payload_too_large = Requête trop volumineuse
    .detail = Le corps de la requête ne doit pas dépasser { $limit } Kio.
unsupported_media_type = Type de contenu non pris en charge
    .detail = Envoyez le corps de la requête avec `{ $header }: { $accepted }`.
idempotency_key_reused = Clé d’idempotence déjà utilisée
    .detail = Cette valeur de `Idempotency-Key` a servi à une autre requête. Utilisez une nouvelle clé pour chaque requête.
internal = Erreur interne
    .detail = Une erreur interne s’est produite. Indiquez `request_id` si vous la signalez.
overloaded = Service surchargé
    .detail = Le service traite trop de requêtes. Réessayez dans quelques instants.
stopping = Arrêt en cours
    .detail = Cette instance est en cours d’arrêt. Adressez vos requêtes à une autre instance.
database_unavailable = Base de données indisponible
    .detail = Le service est momentanément indisponible. Réessayez dans quelques instants.
busy = Données en cours d’utilisation
    .detail = Une autre opération utilise ces données. Réessayez dans quelques instants.
