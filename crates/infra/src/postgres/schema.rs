// @generated automatically by Diesel CLI.

diesel::table! {
    application_events (profile_id, id) {
        profile_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        at -> Timestamptz,
        actor_id -> Nullable<Uuid>,
        actor_name -> Nullable<Text>,
        actor_directorate -> Nullable<Text>,
        effective_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
        reason_code -> Nullable<Text>,
        note -> Nullable<Text>,
        fields -> Nullable<Array<Nullable<Text>>>,
        facts -> Nullable<Jsonb>,
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
        application_state -> Nullable<Text>,
        submitted_at -> Nullable<Timestamptz>,
        resubmitted_at -> Nullable<Timestamptz>,
        wilaya -> Nullable<Text>,
        effective_at -> Nullable<Timestamptz>,
        reason_code -> Nullable<Text>,
        requested_at -> Nullable<Timestamptz>,
        requested_message -> Nullable<Text>,
        requested_fields -> Nullable<Array<Nullable<Text>>>,
        pending_changes -> Nullable<Jsonb>,
        claimed_by -> Nullable<Uuid>,
        claimed_by_name -> Nullable<Text>,
        claimed_by_directorate -> Nullable<Text>,
        claimed_until -> Nullable<Timestamptz>,
        possible_duplicates -> Nullable<Int4>,
    }
}

diesel::table! {
    blocked_legacy_tokens (token) {
        token -> Bytea,
        blocked_at -> Timestamptz,
    }
}

diesel::table! {
    communes (code) {
        code -> Text,
        wilaya -> Text,
    }
}

diesel::table! {
    devices (profile_id, digest) {
        profile_id -> Uuid,
        digest -> Bytea,
        seen_at -> Timestamptz,
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
        first_name_ar -> Nullable<Text>,
        last_name_ar -> Nullable<Text>,
    }
}

diesel::table! {
    facility_types (code) {
        code -> Text,
    }
}

diesel::table! {
    hospitals (profile_id) {
        profile_id -> Uuid,
        role -> Text,
        name -> Text,
        number -> Text,
        address -> Text,
        facility_type -> Nullable<Text>,
        name_ar -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_records (profile_id, operation, key_digest) {
        profile_id -> Uuid,
        operation -> Text,
        key_digest -> Bytea,
        content_digest -> Bytea,
        recorded_at -> Timestamptz,
        answer -> Nullable<Text>,
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
        facility_type -> Nullable<Text>,
        name_ar -> Nullable<Text>,
    }
}

diesel::table! {
    mail_requests (key) {
        key -> Text,
        purpose -> Text,
        email -> Text,
        requested_at -> Timestamptz,
    }
}

diesel::table! {
    mail_tokens (profile_id, digest) {
        profile_id -> Uuid,
        digest -> Bytea,
        purpose -> Text,
        address -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    network_failures (key, subject) {
        key -> Text,
        subject -> Text,
        failed_at -> Timestamptz,
    }
}

diesel::table! {
    outbox (profile_id, id) {
        profile_id -> Uuid,
        id -> Uuid,
        recipient -> Text,
        language -> Text,
        template -> Text,
        params -> Jsonb,
        sealed_secret -> Nullable<Bytea>,
        link_expires_at -> Nullable<Timestamptz>,
        state -> Text,
        queued_at -> Timestamptz,
        give_up_at -> Timestamptz,
        attempts -> Int4,
        next_attempt_at -> Timestamptz,
        lease_until -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
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
        first_name_ar -> Nullable<Text>,
        last_name_ar -> Nullable<Text>,
    }
}

diesel::table! {
    profile_identifiers (profile_id, system) {
        profile_id -> Uuid,
        system -> Text,
        value -> Text,
        value_key -> Text,
        verified_at -> Nullable<Timestamptz>,
        verified_by -> Nullable<Text>,
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
        wilaya -> Nullable<Text>,
        commune -> Nullable<Text>,
        birth_date_precision -> Nullable<Text>,
        language -> Text,
        email_verified_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    rate_limits (key) {
        key -> Text,
        times -> Array<Nullable<Timestamptz>>,
    }
}

diesel::table! {
    rejection_reasons (code) {
        code -> Text,
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
    staff (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        directorate -> Nullable<Text>,
        role -> Text,
        wilayas -> Array<Nullable<Text>>,
        applicant_roles -> Array<Nullable<Text>>,
        password_hash -> Text,
        otp_secret -> Bytea,
        otp_step -> Nullable<Int8>,
        created_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
        last_login_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    staff_recovery_codes (staff_id, digest) {
        staff_id -> Uuid,
        digest -> Bytea,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    staff_requests (staff_id, key_digest) {
        staff_id -> Uuid,
        key_digest -> Bytea,
        content_digest -> Bytea,
        answer -> Bytea,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    staff_sessions (staff_id, id) {
        staff_id -> Uuid,
        id -> Uuid,
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

diesel::table! {
    throttles (key, network) {
        key -> Text,
        network -> Text,
        failures -> Int4,
        failed_at -> Timestamptz,
    }
}

diesel::table! {
    wilayas (code) {
        code -> Text,
    }
}

diesel::joinable!(application_events -> profiles (profile_id));
diesel::joinable!(devices -> profiles (profile_id));
diesel::joinable!(doctors -> specialites (specialite));
diesel::joinable!(idempotency_records -> profiles (profile_id));
diesel::joinable!(mail_tokens -> profiles (profile_id));
diesel::joinable!(outbox -> profiles (profile_id));
diesel::joinable!(passwords -> profiles (profile_id));
diesel::joinable!(profile_identifiers -> profiles (profile_id));
diesel::joinable!(search_keys -> profiles (profile_id));
diesel::joinable!(sessions -> profiles (profile_id));
diesel::joinable!(staff_recovery_codes -> staff (staff_id));
diesel::joinable!(staff_requests -> staff (staff_id));
diesel::joinable!(staff_sessions -> staff (staff_id));
diesel::joinable!(suspensions -> profiles (profile_id));

diesel::allow_tables_to_appear_in_same_query!(
    application_events,
    approvals,
    blocked_legacy_tokens,
    communes,
    devices,
    doctors,
    facility_types,
    hospitals,
    idempotency_records,
    identifiers,
    labos,
    mail_requests,
    mail_tokens,
    network_failures,
    outbox,
    passwords,
    patients,
    profile_identifiers,
    profiles,
    rate_limits,
    rejection_reasons,
    search_keys,
    sessions,
    signing_keys,
    specialites,
    staff,
    staff_recovery_codes,
    staff_requests,
    staff_sessions,
    suspensions,
    throttles,
    wilayas,
);
