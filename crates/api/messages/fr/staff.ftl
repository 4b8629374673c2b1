### Textes des problèmes des agents ; le dossier en explique chaque texte.

otp_required = Code à usage unique requis
    .detail = Saisissez un nouveau code de votre application d’authentification, ou un code de secours.
unknown_account = Compte inconnu
    .detail = Ce compte n’existe pas, ou il est hors de votre périmètre.
unknown_member = Agent inconnu
    .detail = Cet agent n’existe pas.
claimed_by_other = Prise en charge par un autre agent
    .detail = Un autre agent traite cette demande. Reprenez-la, ou traitez-en une autre.
nothing_to_undo = Rien à annuler
    .detail = La décision a pris effet. Rouvrez plutôt la demande.
last_admin = Dernier administrateur
    .detail = Il doit rester au moins un administrateur. Ajoutez-en d’abord un autre.
reason_required = Motif requis
    .detail = Indiquez le motif de la consultation de ce compte, dans l’en-tête `X-Access-Reason` ou le paramètre `reason`.
no_secret_key = Connexion des agents impossible
    .detail = Le service n’a pas de clé secrète. L’exploitant définit `SIHHA_SECRET_KEY_FILE`.
