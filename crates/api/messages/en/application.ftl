### Texts of problems with applications.

insufficient_scope = Not allowed by this token
    .detail = This token opens only your application. Log in when the application is approved.
unknown_application = Unknown application
    .detail = There is no such application. Reload the list.
already_decided = Already decided
    .detail = This application has already been decided. Reload it to see the decision.
