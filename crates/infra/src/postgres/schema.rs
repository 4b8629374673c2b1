// @generated automatically by Diesel CLI.

diesel::table! {
    approval_events (profile_id, id) {
        profile_id -> Uuid,
        id -> Uuid,
        state -> Text,
        decided_by -> Text,
        decided_at -> Timestamptz,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    approvals (profile_id) {
        profile_id -> Uuid,
        role -> Text,
        state -> Text,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    blocked_legacy_tokens (token) {
        token -> Bytea,
        blocked_at -> Timestamptz,
    }
}

diesel::table! {
    doctors (profile_id) {
        profile_id -> Uuid,
        role -> Text,
        first_name -> Text,
        last_name -> Text,
        specialite -> Text,
        bio -> Nullable<Text>,
        is_privee -> Bool,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    hospitals (profile_id) {
        profile_id -> Uuid,
        role -> Text,
        name -> Text,
        number -> Text,
        address -> Text,
    }
}

diesel::table! {
    idempotency_records (profile_id, operation, key_digest) {
        profile_id -> Uuid,
        operation -> Text,
        key_digest -> Bytea,
        content_digest -> Bytea,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    identifiers (system, value_key) {
        system -> Text,
        value_key -> Text,
        profile_id -> Uuid,
        claimed_at -> Timestamptz,
    }
}

diesel::table! {
    labos (profile_id) {
        profile_id -> Uuid,
        role -> Text,
        name -> Text,
        number -> Text,
        address -> Text,
    }
}

diesel::table! {
    passwords (profile_id) {
        profile_id -> Uuid,
        hash -> Text,
    }
}

diesel::table! {
    patients (profile_id) {
        profile_id -> Uuid,
        role -> Text,
        first_name -> Text,
        last_name -> Text,
        married -> Nullable<Bool>,
    }
}

diesel::table! {
    profiles (id) {
        id -> Uuid,
        role -> Text,
        email -> Text,
        email_key -> Text,
        carte_id -> Text,
        birth_date -> Nullable<Date>,
        numero_tel -> Nullable<Text>,
        address -> Nullable<Text>,
        blood_type -> Nullable<Text>,
        gender -> Nullable<Text>,
        image -> Nullable<Text>,
        emergency_numbers -> Array<Nullable<Text>>,
        registered_at -> Timestamptz,
        sessions_not_before -> Nullable<Timestamptz>,
        patient_role -> Nullable<Text>,
        doctor_role -> Nullable<Text>,
        hospital_role -> Nullable<Text>,
        labo_role -> Nullable<Text>,
        approval_role -> Nullable<Text>,
    }
}

diesel::table! {
    search_keys (profile_id) {
        profile_id -> Uuid,
        terms -> Array<Nullable<Text>>,
    }
}

diesel::table! {
    sessions (profile_id, id) {
        id -> Uuid,
        profile_id -> Uuid,
        current_token -> Bytea,
        previous_token -> Nullable<Bytea>,
        opened_at -> Timestamptz,
        used_at -> Timestamptz,
        expires_at -> Timestamptz,
        ends_at -> Timestamptz,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
        expires_on -> Date,
        is_restored -> Bool,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        signed_from -> Timestamptz,
        signed_until -> Timestamptz,
        tokens_until -> Timestamptz,
    }
}

diesel::table! {
    specialites (code) {
        code -> Text,
    }
}

diesel::table! {
    suspensions (profile_id, suspension_id) {
        profile_id -> Uuid,
        suspended_at -> Timestamptz,
        suspended_by -> Text,
        reason -> Text,
        lifted_at -> Nullable<Timestamptz>,
        lifted_by -> Nullable<Text>,
        suspension_id -> Uuid,
    }
}

diesel::joinable!(approval_events -> profiles (profile_id));
diesel::joinable!(doctors -> specialites (specialite));
diesel::joinable!(idempotency_records -> profiles (profile_id));
diesel::joinable!(passwords -> profiles (profile_id));
diesel::joinable!(search_keys -> profiles (profile_id));
diesel::joinable!(sessions -> profiles (profile_id));
diesel::joinable!(suspensions -> profiles (profile_id));

diesel::allow_tables_to_appear_in_same_query!(
    approval_events,
    approvals,
    blocked_legacy_tokens,
    doctors,
    hospitals,
    idempotency_records,
    identifiers,
    labos,
    passwords,
    patients,
    profiles,
    search_keys,
    sessions,
    signing_keys,
    specialites,
    suspensions,
);
