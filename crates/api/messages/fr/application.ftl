### Texts of problems with applications.

insufficient_scope = Non autorisé par ce jeton
    .detail = Ce jeton ne donne accès qu’à votre demande. Connectez-vous lorsqu’elle sera approuvée.
unknown_application = Demande introuvable
    .detail = Cette demande n’existe pas. Actualisez la liste.
already_decided = Demande déjà traitée
    .detail = Une décision a déjà été prise sur cette demande. Actualisez la page pour la voir.
