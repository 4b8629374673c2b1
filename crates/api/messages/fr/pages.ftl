### Textes des pages intégrées ; `../en/` dit ce que chacun est. On vouvoie le lecteur.

page_service = Sihha
page_languages = Langues
page_language_name = Français

page_verify_title = Confirmez votre adresse e-mail
page_verify_text = Cette adresse est-elle la vôtre ? Une fois confirmée, elle vous permettra de choisir un nouveau mot de passe si vous oubliez le vôtre.
page_verify_note = Si vous n’avez pas créé de compte, fermez cette page.
page_verify_button = Confirmer cette adresse
page_change_title = Confirmez votre nouvelle adresse e-mail
page_change_text = Votre compte aura désormais cette adresse, et vous l’utiliserez pour vous connecter :
page_change_note = Si vous n’avez pas demandé ce changement, fermez cette page : rien ne changera.
page_verify_done = Votre adresse est confirmée
page_verify_done_text = Vous pouvez fermer cette page et vous connecter à l’application avec cette adresse.
page_verify_request_text = Saisissez l’adresse de votre compte. Si elle n’est pas encore confirmée, nous vous enverrons un nouveau lien. Pour changer d’adresse, refaites la demande dans l’application.

page_reset_title = Choisissez un nouveau mot de passe
page_reset_text = Ce mot de passe est celui du compte :
page_reset_password = Nouveau mot de passe
page_reset_password_hint = Au moins 8 caractères. Plusieurs mots sont faciles à retenir et difficiles à deviner.
page_reset_repeat = Répétez le mot de passe
page_reset_differ = Ce n’est pas le même mot de passe. Saisissez-le de nouveau dans les deux champs.
page_reset_note = Tous vos appareils seront ensuite déconnectés.
page_reset_button = Enregistrer
page_reset_done = Votre mot de passe est modifié
page_reset_done_text = Tous vos appareils sont déconnectés. Vous pouvez fermer cette page et vous connecter à l’application avec le nouveau mot de passe.
page_reset_request_title = Mot de passe oublié
page_reset_request_text = Saisissez l’adresse de votre compte. Nous vous enverrons un lien pour choisir un nouveau mot de passe.

page_revert_title = Annulez le changement d’adresse
page_revert_text = Votre compte retrouvera cette adresse :
page_revert_note = Tous les appareils seront ensuite déconnectés et votre mot de passe ne sera plus valable, car quelqu’un d’autre le connaît peut-être. Vous recevrez un lien pour en choisir un nouveau.
page_revert_button = Annuler le changement
page_revert_done = Le changement est annulé
page_revert_done_text = Votre compte a retrouvé son ancienne adresse et tous les appareils sont déconnectés.
page_revert_done_next = Choisissez maintenant un nouveau mot de passe : nous vous avons envoyé un message avec un lien.

page_request_email = Adresse e-mail
page_request_button = M’envoyer un lien
page_requested = Consultez votre messagerie
page_requested_text = Si un compte a cette adresse, un message contenant un lien arrivera d’ici quelques minutes :
page_requested_help = Si vous ne le recevez pas, regardez parmi les messages indésirables et vérifiez que l’adresse est correcte.

page_link_not_valid = Ce lien ne fonctionne plus
page_link_not_valid_text = Il a expiré, a déjà servi ou a été remplacé par un lien plus récent.
page_link_not_valid_revert = Si quelqu’un d’autre utilise votre compte, contactez l’administration de la plateforme.
page_taken = Cette adresse est déjà utilisée
page_taken_text = Un autre compte a désormais cette adresse ; rien n’a donc été modifié. Si elle est à vous, contactez l’administration de la plateforme.
page_unavailable = Le service n’est pas disponible
page_unavailable_text = Revenez en arrière, puis réessayez dans quelques instants.
page_failed = Une erreur s’est produite
page_failed_text = Revenez en arrière, puis réessayez. Si cela se reproduit, indiquez ce numéro à l’administration de la plateforme.
